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

-- 支援措置: residents under protection, and those who were. Nothing about them leaves
-- the office unless the city has decided otherwise (package link).
CREATE TABLE resident_shield (
    id          INTEGER PRIMARY KEY,
    resident_id INTEGER NOT NULL,
    from_on     TEXT NOT NULL,
    until_on    TEXT NOT NULL,            -- its end takes nothing off by itself
    reason      TEXT NOT NULL,
    set_at      TEXT NOT NULL,
    set_by      TEXT NOT NULL,
    ended_at    TEXT NOT NULL DEFAULT '', -- '' while it holds
    ended_by    TEXT NOT NULL DEFAULT '',
    ended_why   TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX resident_shield_now ON resident_shield (resident_id) WHERE ended_at = '';
