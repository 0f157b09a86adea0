-- 交付: what was seen and answered when a card was handed over. Documents are
-- codes, never copies; a PIN is never stored, only who set it.

CREATE TABLE visit (
    id           INTEGER PRIMARY KEY,
    card_id      INTEGER NOT NULL,
    event_id     INTEGER NOT NULL UNIQUE,   -- the hand-over in card_event
    at           TEXT NOT NULL,
    actor        TEXT NOT NULL,
    receiver     TEXT NOT NULL CHECK (receiver IN ('self', 'legal', 'proxy')),
    proxy_reason TEXT NOT NULL DEFAULT '',
    documents    TEXT NOT NULL,             -- JSON list of codes
    old_cards    TEXT NOT NULL,             -- JSON: kind = collected, none, lost
    pin_method   TEXT NOT NULL CHECK (pin_method IN ('holder', 'staff', 'face')),
    walk_in      TEXT NOT NULL DEFAULT '',  -- reason when no notice was scanned
    undone_at    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX visit_card ON visit (card_id);
