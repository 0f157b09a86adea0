-- Municipalities and their windows (交付窓口). The tenant comes first in every
-- key; only the host name, from which a request learns its tenant, stands alone.
-- seen by every tenant: tenant

CREATE TABLE tenant (
    tenant       INTEGER PRIMARY KEY,
    host         TEXT NOT NULL UNIQUE,  -- lower case
    name         TEXT NOT NULL,
    party_max    INTEGER NOT NULL CHECK (party_max BETWEEN 1 AND 20),
    from_minute  INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1440),  -- of the day: the site takes bookings from
    until_minute INTEGER NOT NULL CHECK (until_minute BETWEEN 0 AND 1440), -- to
    few_percent  INTEGER NOT NULL CHECK (few_percent BETWEEN 0 AND 100),   -- at most this share free: «few left»
    opens_on     TEXT NOT NULL DEFAULT '', -- first day on which the site takes bookings, empty without one
    closes_on    TEXT NOT NULL DEFAULT ''  -- last day
);

CREATE TABLE office_window (
    tenant        INTEGER NOT NULL REFERENCES tenant (tenant),
    window_id     TEXT NOT NULL,
    name          TEXT NOT NULL,            -- these five in Japanese
    address       TEXT NOT NULL DEFAULT '',
    phone         TEXT NOT NULL DEFAULT '',
    phone_hours   TEXT NOT NULL DEFAULT '',
    note          TEXT NOT NULL DEFAULT '',
    map_link      TEXT NOT NULL DEFAULT '',
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
    counters      INTEGER NOT NULL CHECK (counters BETWEEN 1 AND 100),     -- desks that serve at the same time
    late_minutes  INTEGER NOT NULL CHECK (late_minutes BETWEEN 0 AND 240), -- after which others go first
    phone_only    TEXT NOT NULL,            -- kinds of day that are booked by phone alone: sun … sat, holiday
    office_seats  TEXT NOT NULL CHECK (office_seats IN ('office', 'cloud')), -- who gives the office seats away
    PRIMARY KEY (tenant, window_id)
);

-- What residents read of a window in another language; an empty text is as in
-- Japanese.
CREATE TABLE window_text (
    tenant      INTEGER NOT NULL,
    window_id   TEXT NOT NULL,
    lang        TEXT NOT NULL,
    name        TEXT NOT NULL,
    address     TEXT NOT NULL,
    phone       TEXT NOT NULL,
    phone_hours TEXT NOT NULL,
    note        TEXT NOT NULL,
    PRIMARY KEY (tenant, window_id, lang),
    FOREIGN KEY (tenant, window_id) REFERENCES office_window (tenant, window_id)
);

-- The terms on which a procedure (手続) can be booked. A municipality without a
-- row for one has it on the terms of the program.
CREATE TABLE procedure_terms (
    tenant        INTEGER NOT NULL REFERENCES tenant (tenant),
    code          TEXT NOT NULL,
    place         INTEGER NOT NULL,         -- in lists
    is_on         INTEGER NOT NULL CHECK (is_on IN (0, 1)),
    windows       TEXT NOT NULL,            -- codes with spaces between, '' for all
    modes         TEXT NOT NULL,            -- how residents may identify themselves
    units         INTEGER NOT NULL CHECK (units BETWEEN 1 AND 20), -- seats for one person
    last_start    INTEGER NOT NULL CHECK (last_start BETWEEN 0 AND 1440), -- that fits the national system's hours
    book_days     INTEGER NOT NULL CHECK (book_days BETWEEN -1 AND 60),   -- -1: as the window
    book_minute   INTEGER NOT NULL CHECK (book_minute BETWEEN 0 AND 1440),
    change_days   INTEGER NOT NULL CHECK (change_days BETWEEN -1 AND 60),
    change_minute INTEGER NOT NULL CHECK (change_minute BETWEEN 0 AND 1440),
    cancel_days   INTEGER NOT NULL CHECK (cancel_days BETWEEN -1 AND 60),
    cancel_minute INTEGER NOT NULL CHECK (cancel_minute BETWEEN 0 AND 1440),
    PRIMARY KEY (tenant, code)
);
