-- 取込: every file that was brought in, and what came of it.

CREATE TABLE import_run (
    id           INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: holds and versions name it
    profile      TEXT NOT NULL,
    kind         TEXT NOT NULL,               -- delivery, registry
    file_name    TEXT NOT NULL,
    file_date    TEXT NOT NULL DEFAULT '',    -- the day the file speaks of, '' when unknown
    size         INTEGER NOT NULL,            -- bytes
    sha256       TEXT NOT NULL,
    encoding     TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('previewed', 'applied', 'cancelled', 'failed', 'undone')),
    rows         INTEGER NOT NULL DEFAULT 0,
    counts       TEXT NOT NULL DEFAULT '{}',  -- JSON: new, changed, unchanged, rejected …
    sample       TEXT NOT NULL DEFAULT '{}',  -- JSON: headings and first rows, emptied once applied or cancelled
    warnings     TEXT NOT NULL DEFAULT '[]',  -- JSON: code and arguments
    findings     INTEGER NOT NULL DEFAULT 0,  -- how many there were, also beyond those stored
    lot_no       TEXT NOT NULL DEFAULT '',    -- 発送番号, given by us to a list that names none
    spool        TEXT NOT NULL DEFAULT '',    -- name of the copy while it waits to be applied
    delivery_id  INTEGER,                     -- the first delivery that it announced
    created_at   TEXT NOT NULL,
    created_by   TEXT NOT NULL,
    applied_at   TEXT NOT NULL DEFAULT '',
    applied_by   TEXT NOT NULL DEFAULT '',
    reason       TEXT NOT NULL DEFAULT ''     -- of an undoing, or the code of a failure
);
-- The same file is applied once.
CREATE UNIQUE INDEX import_run_once ON import_run (sha256) WHERE state = 'applied';
CREATE INDEX import_run_profile ON import_run (profile, file_date) WHERE state = 'applied';

CREATE TABLE import_finding (
    run_id   INTEGER NOT NULL REFERENCES import_run (id),
    no       INTEGER NOT NULL,
    row      INTEGER NOT NULL,
    "column" TEXT NOT NULL,
    value    TEXT NOT NULL,
    code     TEXT NOT NULL,
    args     TEXT NOT NULL DEFAULT '{}',
    severity TEXT NOT NULL CHECK (severity IN ('reject', 'warn')),
    PRIMARY KEY (run_id, no)
);

-- The deliveries that an import announced, and the cards that it joined to
-- people, so that undoing it finds them.
CREATE TABLE import_delivery (
    run_id      INTEGER NOT NULL REFERENCES import_run (id),
    delivery_id INTEGER NOT NULL,
    PRIMARY KEY (run_id, delivery_id)
);
CREATE TABLE import_link (
    run_id  INTEGER NOT NULL REFERENCES import_run (id),
    card_id INTEGER NOT NULL,
    PRIMARY KEY (run_id, card_id)
);
