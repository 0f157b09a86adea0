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
