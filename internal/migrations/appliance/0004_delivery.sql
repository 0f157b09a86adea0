-- 納品: what J-LIS announced, and every scan of the reception, refused ones too.
-- append-only: delivery_scan

CREATE TABLE delivery (
    id         INTEGER PRIMARY KEY,
    lot_no     TEXT NOT NULL,               -- 発送番号
    shipped_on TEXT NOT NULL DEFAULT '',
    import_id  INTEGER,                     -- NULL when typed by hand
    state      TEXT NOT NULL CHECK (state IN ('open', 'closed', 'voided')),
    created_at TEXT NOT NULL,
    closed_at  TEXT NOT NULL DEFAULT '',
    closed_by  TEXT NOT NULL DEFAULT ''
);
-- A revoked list may come again.
CREATE UNIQUE INDEX delivery_lot_no ON delivery (lot_no) WHERE state <> 'voided';

CREATE TABLE delivery_scan (
    id          INTEGER PRIMARY KEY,
    delivery_id INTEGER NOT NULL REFERENCES delivery (id),
    card_id     INTEGER,
    code        TEXT NOT NULL,              -- what was read, empty if it looked like a 個人番号
    result      TEXT NOT NULL,
    at          TEXT NOT NULL,
    actor       TEXT NOT NULL,
    terminal    TEXT NOT NULL
);
CREATE INDEX delivery_scan_delivery ON delivery_scan (delivery_id, id);
