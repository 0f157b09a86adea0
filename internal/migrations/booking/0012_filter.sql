-- Searches of bookings that somebody keeps, for themselves or for all. What was
-- searched by code is never kept.

CREATE TABLE saved_filter (
    tenant     INTEGER NOT NULL REFERENCES tenant (tenant),
    filter_id  TEXT NOT NULL,      -- ULID
    owner      TEXT NOT NULL,      -- staff id
    name       TEXT NOT NULL,
    shared     INTEGER NOT NULL CHECK (shared IN (0, 1)),
    body       TEXT NOT NULL,      -- JSON object
    made_at    TEXT NOT NULL,
    PRIMARY KEY (tenant, filter_id)
);
CREATE INDEX saved_filter_owner ON saved_filter (tenant, owner);
