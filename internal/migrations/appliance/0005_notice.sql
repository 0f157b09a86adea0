-- 通知: print runs and their pieces, and the link codes printed on them.

CREATE TABLE notice_run (
    id         INTEGER PRIMARY KEY,
    no         TEXT NOT NULL UNIQUE,         -- 2026-1121-01, printed on every piece
    state      TEXT NOT NULL CHECK (state IN ('draft', 'ready', 'posted', 'cancelled')),
    stock      TEXT NOT NULL,
    start_cell INTEGER NOT NULL,             -- 1 = first label of the sheet
    sort       TEXT NOT NULL,                -- shelf, post, kana, number
    deadline   TEXT NOT NULL,                -- 受取期限 printed on the letters
    fonts      TEXT NOT NULL DEFAULT '[]',   -- JSON: name, sha256, role of every font used
    excluded   TEXT NOT NULL DEFAULT '[]',   -- JSON: card id and code of those left out
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    ready_at   TEXT NOT NULL DEFAULT '',
    posted_on  TEXT NOT NULL DEFAULT '',
    posted_by  TEXT NOT NULL DEFAULT '',
    reason     TEXT NOT NULL DEFAULT ''      -- of a cancellation
);

CREATE TABLE notice_piece (
    id          INTEGER PRIMARY KEY,
    run_id      INTEGER NOT NULL REFERENCES notice_run (id),
    seq         INTEGER NOT NULL,            -- 1 … n, never renumbered
    card_id     INTEGER NOT NULL,
    name        TEXT NOT NULL,               -- exactly as printed
    postal_code TEXT NOT NULL,
    address     TEXT NOT NULL,
    building    TEXT NOT NULL,
    gaiji_set   TEXT NOT NULL,
    link_id     INTEGER,                     -- link_code.id
    held_out    INTEGER NOT NULL DEFAULT 0 CHECK (held_out IN (0, 1)),
    UNIQUE (run_id, seq)
);
CREATE INDEX notice_piece_card ON notice_piece (card_id);

-- What a person decided about a character that no font has.
CREATE TABLE notice_decision (
    run_id     INTEGER NOT NULL REFERENCES notice_run (id),
    key        TEXT NOT NULL,                -- gaiji set, field and cluster
    decision   TEXT NOT NULL CHECK (decision IN ('box', 'hold_out', 'substitute')),
    substitute TEXT NOT NULL DEFAULT '',
    decided_at TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    PRIMARY KEY (run_id, key)
);

-- 連携コード. The code itself is sealed; mac finds it.
CREATE TABLE link_code (
    id         INTEGER PRIMARY KEY,
    card_id    INTEGER NOT NULL,
    sealed     TEXT NOT NULL,
    mac        TEXT NOT NULL UNIQUE,
    state      TEXT NOT NULL CHECK (state IN ('issued', 'renewed', 'closed')),
    issued_at  TEXT NOT NULL,
    run_id     INTEGER NOT NULL,
    ended_at   TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX link_code_live ON link_code (card_id) WHERE state = 'issued';
