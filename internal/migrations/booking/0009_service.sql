-- How each municipality is served.
-- seen by every tenant: town

CREATE TABLE town (
    tenant     INTEGER PRIMARY KEY REFERENCES tenant (tenant),
    staff_host TEXT NOT NULL, -- host name of the staff screens, lower case; '' takes the residents' one
    frozen_at  TEXT NOT NULL  -- instant since which residents cannot book and no job runs; '' while it is served
);
CREATE UNIQUE INDEX town_staff_host ON town (staff_host) WHERE staff_host <> '';

-- What the service does by itself: when it is due, who does it now, how the last
-- run ended.
CREATE TABLE job (
    tenant      INTEGER NOT NULL,
    job_id      TEXT NOT NULL,
    owner       TEXT NOT NULL,   -- the server that does it, '' while nobody does
    lease_until TEXT NOT NULL,   -- after this instant another server may take over
    due_at      TEXT NOT NULL,
    started_at  TEXT NOT NULL,   -- of the last run, '' before the first
    ended_at    TEXT NOT NULL,
    result      TEXT NOT NULL CHECK (result IN ('', 'ok', 'failed')),
    failures    INTEGER NOT NULL, -- in a row
    code        TEXT NOT NULL,   -- of the last failure, '' when it was internal
    counts      TEXT NOT NULL,   -- JSON: what the last run did, by name
    PRIMARY KEY (tenant, job_id)
);

-- The waiting room of each municipality, one row for all servers. People are
-- admitted as a function of time: base + rate × (now − base_at).
CREATE TABLE waiting_room (
    tenant    INTEGER PRIMARY KEY,
    round     INTEGER NOT NULL CHECK (round >= 1), -- how often it has opened; tickets count for one round
    is_open   INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    planned   INTEGER NOT NULL CHECK (planned IN (0, 1)), -- opened by a plan, not by a rush: whoever was inside waits too
    opened_at TEXT NOT NULL,                       -- instant from which numbers are given
    starts_at TEXT NOT NULL,                       -- and people admitted; who came before is shuffled
    rate      INTEGER NOT NULL CHECK (rate BETWEEN 1 AND 10000), -- people a second
    issued    INTEGER NOT NULL CHECK (issued >= 0), -- numbers given: 0, 1, 2 …
    early     INTEGER NOT NULL,                    -- of them before starts_at; -1 until then
    base      INTEGER NOT NULL,
    base_at   TEXT NOT NULL
);
