-- The life of a card. card_event is the truth; the state columns of card are
-- what its events add up to and can be rebuilt from them.
-- append-only: card_event

CREATE TABLE card (
    id               INTEGER PRIMARY KEY,
    version          INTEGER NOT NULL DEFAULT 0,  -- number of its events; acts name the one they saw
    delivery_id      INTEGER NOT NULL,
    box_no           TEXT NOT NULL DEFAULT '',
    box_seq          TEXT NOT NULL DEFAULT '',
    notice_no        TEXT NOT NULL,               -- 交付通知書番号 A1B-000123, unique within its delivery only
    application_id   TEXT NOT NULL DEFAULT '',    -- 申請書ID, 23 digits
    application_kind TEXT NOT NULL DEFAULT '',    -- 申請区分 1–6, 9
    applied_on       TEXT NOT NULL DEFAULT '',
    delivery_method  TEXT NOT NULL DEFAULT '',    -- 交付方式 1–5
    expires_on       TEXT NOT NULL DEFAULT '',    -- カード有効期限
    has_certificate  INTEGER NOT NULL DEFAULT 1 CHECK (has_certificate IN (0, 1)),
    remark           TEXT NOT NULL DEFAULT '',
    name             TEXT NOT NULL DEFAULT '',    -- as the delivery list has it
    address          TEXT NOT NULL DEFAULT '',
    birth            TEXT NOT NULL DEFAULT '',
    kana             TEXT NOT NULL DEFAULT '',    -- from the registry once linked
    name_key         TEXT NOT NULL DEFAULT '',
    gaiji_set        TEXT NOT NULL DEFAULT '',
    resident_id      INTEGER REFERENCES resident (id),

    procedure        TEXT NOT NULL,               -- axis B 手続
    custody          TEXT NOT NULL,               -- axis A 所在
    notice           TEXT NOT NULL DEFAULT '',    -- axis C 通知: '', PRINTED, POSTED, RETURNED
    place_id         INTEGER,                     -- with custody VAULT
    position         INTEGER,
    stops            INTEGER NOT NULL DEFAULT 0,  -- open holds that stop
    warns            INTEGER NOT NULL DEFAULT 0,  -- open holds that warn
    status           TEXT NOT NULL,               -- 進捗, derived from the axes
    received_on      TEXT NOT NULL DEFAULT '',
    ready_on         TEXT NOT NULL DEFAULT '',
    notice_on        TEXT NOT NULL DEFAULT '',    -- day of the last posting
    deadline         TEXT NOT NULL DEFAULT '',    -- 受取期限 printed on the notice
    handed_over_on   TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX card_delivery_notice_no ON card (delivery_id, notice_no);
CREATE INDEX card_application_id ON card (application_id) WHERE application_id <> '';
CREATE INDEX card_resident ON card (resident_id) WHERE resident_id IS NOT NULL;
-- Finds the cards of a name; for a part of a name or reading it is read from
-- end to end in place of the table.
CREATE INDEX card_name ON card (name_key, birth, kana, notice_no, status, resident_id);
-- What lists find cards by, with the notice number as the order within; then
-- columns that let a count do without the table.
CREATE INDEX card_status ON card (status, notice_no, id);
CREATE INDEX card_procedure ON card (procedure, notice_no, id, status, deadline);
CREATE INDEX card_custody ON card (custody, notice_no, id, status, received_on);
-- The orders of lists. The status at the end lets a walk far down a list leave
-- out cards without reading them.
CREATE INDEX card_notice_no ON card (notice_no, id, status);
CREATE INDEX card_kana ON card (kana, id, status);
CREATE INDEX card_received ON card (received_on, id, status);
CREATE INDEX card_deadline ON card (deadline, id, status);
CREATE INDEX card_lot ON card (delivery_id, notice_no, id, status);
-- One card at a position.
CREATE UNIQUE INDEX card_position ON card (place_id, position);

CREATE TABLE card_event (
    id       INTEGER PRIMARY KEY,
    card_id  INTEGER NOT NULL REFERENCES card (id),
    no       INTEGER NOT NULL,            -- 1, 2, 3 … within the card
    at       TEXT NOT NULL,
    actor    TEXT NOT NULL,
    name     TEXT NOT NULL,
    terminal TEXT NOT NULL,
    act      TEXT NOT NULL,               -- received, inspected, shelved …
    before   TEXT NOT NULL,               -- JSON of the state columns
    after    TEXT NOT NULL,
    reason   TEXT NOT NULL DEFAULT '',
    group_id TEXT NOT NULL DEFAULT '',    -- joins the events of one bulk act or import
    undoes   INTEGER REFERENCES card_event (id),
    UNIQUE (card_id, no)
);
CREATE INDEX card_event_group ON card_event (group_id) WHERE group_id <> '';
CREATE UNIQUE INDEX card_event_undoes ON card_event (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX card_event_actor ON card_event (actor, id);

-- 保留: a set of flags with their story.
CREATE TABLE hold (
    id         INTEGER PRIMARY KEY,
    card_id    INTEGER NOT NULL REFERENCES card (id),
    flag       TEXT NOT NULL,               -- DEATH, MOVED_OUT …
    severity   TEXT NOT NULL CHECK (severity IN ('STOP', 'WARN')),
    reason     TEXT NOT NULL,
    source     TEXT NOT NULL,               -- 'resident_event/12' or 'staff'
    opened_at  TEXT NOT NULL,
    opened_by  TEXT NOT NULL,
    closed_at  TEXT NOT NULL DEFAULT '',
    closed_by  TEXT NOT NULL DEFAULT '',
    closed_why TEXT NOT NULL DEFAULT '',
    from_day   TEXT NOT NULL DEFAULT '' -- the day on which it begins to stop; '' at once
);
CREATE INDEX hold_card ON hold (card_id);
CREATE INDEX hold_open ON hold (flag, card_id) WHERE closed_at = '';
CREATE INDEX hold_source ON hold (source);
