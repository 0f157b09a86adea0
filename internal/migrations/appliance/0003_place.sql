-- 保管場所: office › vault › shelf › box. A box has positions 1 … capacity.

CREATE TABLE place (
    id        INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES place (id),
    kind      TEXT NOT NULL CHECK (kind IN ('office', 'vault', 'shelf', 'box')),
    code      TEXT NOT NULL UNIQUE,        -- digits on its label
    name      TEXT NOT NULL,
    path      TEXT NOT NULL,               -- names from the office down, for people
    sort      TEXT NOT NULL,               -- walking order
    capacity  INTEGER NOT NULL DEFAULT 0,  -- positions of a box; 0 for the others
    created_at TEXT NOT NULL,
    UNIQUE (parent_id, name)
);
