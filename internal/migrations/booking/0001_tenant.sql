-- Municipalities and their windows (交付窓口). The tenant comes first in every
-- key; only the host name, from which a request learns its tenant, stands alone.

CREATE TABLE tenant (
    tenant       INTEGER PRIMARY KEY,
    host         TEXT NOT NULL UNIQUE,  -- lower case
    name         TEXT NOT NULL,
    party_max    INTEGER NOT NULL CHECK (party_max BETWEEN 1 AND 20),
    from_minute  INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1440),  -- of the day: the site takes bookings from
    until_minute INTEGER NOT NULL CHECK (until_minute BETWEEN 0 AND 1440), -- to
    few_percent  INTEGER NOT NULL CHECK (few_percent BETWEEN 0 AND 100)    -- at most this share free: «few left»
);

CREATE TABLE office_window (
    tenant        INTEGER NOT NULL REFERENCES tenant (tenant),
    window_id     TEXT NOT NULL,
    name          TEXT NOT NULL,
    address       TEXT NOT NULL DEFAULT '',
    phone         TEXT NOT NULL DEFAULT '',
    opens_on      TEXT NOT NULL DEFAULT '', -- first day of a temporary window, empty without one
    closes_on     TEXT NOT NULL DEFAULT '', -- last day
    horizon_days  INTEGER NOT NULL CHECK (horizon_days BETWEEN 1 AND 366), -- how long before a day it can be booked
    lead_days     INTEGER NOT NULL CHECK (lead_days BETWEEN 0 AND 60),     -- business days before: last day to book
    lead_minute   INTEGER NOT NULL CHECK (lead_minute BETWEEN 0 AND 1440), -- and its time
    change_days   INTEGER NOT NULL CHECK (change_days BETWEEN 0 AND 60),
    change_minute INTEGER NOT NULL CHECK (change_minute BETWEEN 0 AND 1440),
    cancel_days   INTEGER NOT NULL CHECK (cancel_days BETWEEN 0 AND 60),
    cancel_minute INTEGER NOT NULL CHECK (cancel_minute BETWEEN 0 AND 1440),
    last_start    INTEGER NOT NULL CHECK (last_start BETWEEN 0 AND 1440),  -- last start that fits the national system's hours
    last_end      INTEGER NOT NULL CHECK (last_end BETWEEN 0 AND 1440),    -- when that system stops
    PRIMARY KEY (tenant, window_id)
);
