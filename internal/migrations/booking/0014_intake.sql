-- What came from the office and could not be carried out: about a code, booking,
-- window or time that is not known here. Nothing is lost; somebody decides.
CREATE TABLE set_aside (
    tenant   INTEGER NOT NULL REFERENCES tenant (tenant),
    aside_id TEXT NOT NULL,                   -- ULID
    seq      INTEGER NOT NULL,                -- in the log of the office
    type     TEXT NOT NULL,                   -- such as link.ready
    subject  TEXT NOT NULL,
    line     TEXT NOT NULL,                   -- the event as it came
    reason   TEXT NOT NULL,                   -- code of the catalogue
    at       TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    ended_at TEXT NOT NULL,                   -- '' while it is open
    ended_by TEXT NOT NULL,
    PRIMARY KEY (tenant, aside_id)
);
CREATE INDEX set_aside_open ON set_aside (tenant, aside_id) WHERE state = 'open';

-- What the office has been told of the configuration, to tell it only what is
-- new.
CREATE TABLE config_told (
    tenant INTEGER NOT NULL REFERENCES tenant (tenant),
    object TEXT NOT NULL,                     -- rules, window/W1, capacity/W1/2026-12-15, over/W1@2026-12-15T09:00
    digest TEXT NOT NULL,                     -- of the event
    PRIMARY KEY (tenant, object)
);

-- Epochs of the office's log that somebody has accepted after its database was
-- put back, with what had come before.
CREATE TABLE epoch_accepted (
    tenant INTEGER NOT NULL REFERENCES tenant (tenant),
    epoch  TEXT NOT NULL,
    was    TEXT NOT NULL,                     -- epoch heard before
    seen   INTEGER NOT NULL,                  -- its last event applied here
    at     TEXT NOT NULL,
    PRIMARY KEY (tenant, epoch)
);
