-- What the office has to hear, one row an event. Acts write their rows without
-- a number; the numbers are given later, in the order of the ids and without
-- gaps.

CREATE TABLE event_out (
    tenant   INTEGER NOT NULL,
    event_id TEXT NOT NULL,                   -- ULID
    era      INTEGER,                         -- how often the database was restored before; NULL until it is numbered
    seq      INTEGER,                         -- within the era; NULL until it is numbered
    type     TEXT NOT NULL,                   -- such as booking.created
    subject  TEXT NOT NULL,                   -- booking or member that it is about
    at       TEXT NOT NULL,                   -- for people; decides no order
    body     TEXT NOT NULL,                   -- JSON object
    PRIMARY KEY (tenant, event_id),
    UNIQUE (tenant, era, seq)
);
CREATE INDEX event_out_unnumbered ON event_out (tenant, event_id) WHERE seq IS NULL;
CREATE INDEX event_out_subject ON event_out (tenant, subject, event_id);
