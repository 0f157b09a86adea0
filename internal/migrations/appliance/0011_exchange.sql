-- 予約連携: what people have to look at, and how bundles left and came.

-- 要連絡: one line for each person of a booking whom a case of booking.md §3.7
-- concerns.
CREATE TABLE exchange_case (
    id         INTEGER PRIMARY KEY,
    kind       INTEGER NOT NULL,               -- number of the case
    bk         TEXT NOT NULL,                  -- booking, '' for none
    link       TEXT NOT NULL,                  -- pseudonym, '' for none
    other      TEXT NOT NULL,                  -- booking of the office that counts, '' for none
    window_id  TEXT NOT NULL,                  -- of a slot, where the case is about one
    starts     TEXT NOT NULL,
    over       INTEGER NOT NULL,               -- seats taken beyond what the slot holds
    past       INTEGER NOT NULL DEFAULT 0 CHECK (past IN (0, 1)), -- the slot has held what is taken since
    refused    TEXT NOT NULL,                  -- what was sent back, '' for nothing
    ask        INTEGER NOT NULL CHECK (ask IN (0, 1)), -- a clerk decides whether the booking stands
    opened_at  TEXT NOT NULL,
    decision   TEXT NOT NULL DEFAULT '',       -- '' while open
    note       TEXT NOT NULL DEFAULT '',
    decided_at TEXT NOT NULL DEFAULT '',
    decided_by TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX exchange_case_open ON exchange_case (kind, bk, link, window_id, starts) WHERE decision = '';
CREATE INDEX exchange_case_opened ON exchange_case (opened_at);

-- 搬送記録: by which way a bundle left or came, and who answers for the medium.
CREATE TABLE exchange_carry (
    id        INTEGER PRIMARY KEY,
    bundle_id TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('out', 'in')),
    way       TEXT NOT NULL CHECK (way IN ('medium', 'file', 'https')),
    kind      TEXT NOT NULL,                   -- of the bundle
    file      TEXT NOT NULL,                   -- name
    size      INTEGER NOT NULL,
    sha256    TEXT NOT NULL,                   -- of the file, hex
    lo        INTEGER NOT NULL,
    hi        INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    medium    TEXT NOT NULL,                   -- number on the medium's label, '' for none
    approval  TEXT NOT NULL,                   -- number of the approval
    approver  TEXT NOT NULL,
    verified  INTEGER NOT NULL CHECK (verified IN (0, 1)), -- read back from the medium and compared
    ejected   INTEGER NOT NULL CHECK (ejected IN (0, 1)),
    at        TEXT NOT NULL,
    actor     TEXT NOT NULL,
    lost_at   TEXT NOT NULL DEFAULT ''         -- instant, '' as long as the medium is not known to be lost
);
CREATE INDEX exchange_carry_bundle ON exchange_carry (bundle_id);

-- One row: what is under way after a restore of either side.
CREATE TABLE exchange_restore (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    side      TEXT NOT NULL CHECK (side IN ('office', 'cloud')), -- which was put back
    was       TEXT NOT NULL,                   -- its epoch before
    seen      INTEGER NOT NULL,                -- its last event applied here
    asked_at  TEXT NOT NULL,
    answered  TEXT NOT NULL DEFAULT '',        -- instant of the answer, '' while it is awaited
    links     INTEGER NOT NULL DEFAULT 0,      -- counts of the answer
    bookings  INTEGER NOT NULL DEFAULT 0,
    days      INTEGER NOT NULL DEFAULT 0,
    unknown   INTEGER NOT NULL DEFAULT 0       -- codes of the answer that no letter of this office carries
);
