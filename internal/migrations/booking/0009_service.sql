-- How each municipality is served.
-- seen by every tenant: town

CREATE TABLE town (
    tenant     INTEGER PRIMARY KEY REFERENCES tenant (tenant),
    staff_host TEXT NOT NULL, -- host name of the staff screens, lower case; '' takes the residents' one
    frozen_at  TEXT NOT NULL  -- instant since which residents cannot book and no job runs; '' while it is served
);
CREATE UNIQUE INDEX town_staff_host ON town (staff_host) WHERE staff_host <> '';
