-- 連携コードの登録: the random pseudonym under which the booking service knows a
-- resident who waits for a card, and what it was told about it last.

CREATE TABLE link (
    link          TEXT PRIMARY KEY,           -- 16 hex digits, random
    resident_id   INTEGER,                    -- its holder; NULL for a card that is not joined to the registry
    card_id       INTEGER NOT NULL UNIQUE,    -- the card of the present generation
    gen           INTEGER NOT NULL CHECK (gen > 0),
    state         TEXT NOT NULL CHECK (state IN ('issued', 'ready', 'held', 'withdrawn', 'closed')),
    code_id       INTEGER NOT NULL,           -- link_code.id that the booking service knows
    key_id        TEXT NOT NULL,              -- of the key of its hash
    svc           TEXT NOT NULL,              -- procedures with spaces between
    windows       TEXT NOT NULL,              -- with spaces between, '' for all
    book_from     TEXT NOT NULL,
    until         TEXT NOT NULL,
    grp           TEXT NOT NULL DEFAULT '',   -- household token of the batch
    mem           INTEGER NOT NULL DEFAULT 0, -- ordinal within it
    run_id        INTEGER NOT NULL,           -- print run with which it was released
    released_at   TEXT NOT NULL,
    released_by   TEXT NOT NULL,
    seen_version  INTEGER NOT NULL,           -- of the card, when it was last looked at
    seen_stops    INTEGER NOT NULL,
    first_used_at TEXT NOT NULL DEFAULT ''    -- when the resident signed in first, as far as known
);
CREATE INDEX link_resident ON link (resident_id) WHERE resident_id IS NOT NULL;
CREATE INDEX link_run ON link (run_id);

-- 支援措置: residents about whom nothing leaves the office.
CREATE TABLE resident_shield (
    resident_id INTEGER PRIMARY KEY,
    since       TEXT NOT NULL,
    actor       TEXT NOT NULL
);
