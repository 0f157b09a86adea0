-- When windows are open and how many people fit. A slot exists once for its
-- window and instant; its seats are counters that cannot leave their bounds.
-- append-only: opening_change

CREATE TABLE opening_pattern (
    tenant       INTEGER NOT NULL,
    pattern_id   TEXT NOT NULL,
    window_id    TEXT NOT NULL,
    weekday      INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6), -- 0 is Sunday
    from_minute  INTEGER NOT NULL,
    until_minute INTEGER NOT NULL,
    slot_minutes INTEGER NOT NULL CHECK (slot_minutes BETWEEN 5 AND 120),
    web_cap      INTEGER NOT NULL CHECK (web_cap BETWEEN 0 AND 1000),
    office_cap   INTEGER NOT NULL CHECK (office_cap BETWEEN 0 AND 1000),
    procs        TEXT NOT NULL,                                    -- procedures in order, '' for all
    PRIMARY KEY (tenant, pattern_id),
    FOREIGN KEY (tenant, window_id) REFERENCES office_window (tenant, window_id)
);
CREATE INDEX opening_pattern_window ON opening_pattern (tenant, window_id, weekday);

-- What differs from the weekly pattern on some days.
CREATE TABLE opening_exception (
    tenant       INTEGER NOT NULL REFERENCES tenant (tenant),
    exception_id TEXT NOT NULL,
    window_id    TEXT NOT NULL,           -- '' for every window
    from_day     TEXT NOT NULL,
    until_day    TEXT NOT NULL,
    from_minute  INTEGER NOT NULL,
    until_minute INTEGER NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('closed', 'open', 'capacity', 'phone', 'day', 'stopped')),
    slot_minutes INTEGER NOT NULL,        -- of an extra opening
    web_cap      INTEGER NOT NULL,
    office_cap   INTEGER NOT NULL,
    procs        TEXT NOT NULL,
    reason       TEXT NOT NULL,           -- as residents read it
    batch_id     TEXT NOT NULL DEFAULT '', -- file or copy that made it
    ended_by     TEXT NOT NULL DEFAULT '', -- file or copy that replaced it
    PRIMARY KEY (tenant, exception_id)
);
CREATE INDEX opening_exception_days ON opening_exception (tenant, until_day);

-- Files and copies that set the opening of many days at once.
CREATE TABLE opening_batch (
    tenant    INTEGER NOT NULL REFERENCES tenant (tenant),
    batch_id  TEXT NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('file', 'copy')),
    name      TEXT NOT NULL,              -- of the file, or what was copied
    made_at   TEXT NOT NULL,
    made_by   TEXT NOT NULL,
    days      INTEGER NOT NULL,
    added     INTEGER NOT NULL,
    changed   INTEGER NOT NULL,
    removed   INTEGER NOT NULL,
    undone_at TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, batch_id)
);

-- Every change of windows, patterns, exceptions, procedures and holidays. What
-- held at some moment is the newest entry of each object before it.
CREATE TABLE opening_change (
    tenant    INTEGER NOT NULL REFERENCES tenant (tenant),
    edit_id   TEXT NOT NULL,              -- of one act, in order
    ordinal   INTEGER NOT NULL,           -- within it
    at        TEXT NOT NULL,
    actor_id  TEXT NOT NULL,
    actor     TEXT NOT NULL,
    act       TEXT NOT NULL,
    window_id TEXT NOT NULL,              -- '' for all windows
    object    TEXT NOT NULL,              -- window, pattern, exception/…, procedure/…, holiday/…
    was       TEXT NOT NULL,              -- JSON, '' for what was not there
    became    TEXT NOT NULL,              -- the same, '' for what is gone
    PRIMARY KEY (tenant, edit_id, ordinal)
);
CREATE INDEX opening_change_window ON opening_change (tenant, window_id, edit_id);

-- Staggered release: from so many days before, this share of the seats.
CREATE TABLE release_step (
    tenant      INTEGER NOT NULL,
    window_id   TEXT NOT NULL,
    days_before INTEGER NOT NULL CHECK (days_before BETWEEN 0 AND 366),
    percent     INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
    PRIMARY KEY (tenant, window_id, days_before),
    FOREIGN KEY (tenant, window_id) REFERENCES office_window (tenant, window_id)
);

-- National holidays as the Cabinet Office announced them, where they differ from
-- the calculated ones: a name adds the day, '' takes it away.
CREATE TABLE holiday (
    tenant INTEGER NOT NULL REFERENCES tenant (tenant),
    day    TEXT NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (tenant, day)
);

CREATE TABLE slot (
    tenant       INTEGER NOT NULL,
    slot_id      TEXT NOT NULL,           -- window and local start, such as W1@2026-12-15T10:30
    window_id    TEXT NOT NULL,
    day          TEXT NOT NULL,
    starts_at    TEXT NOT NULL,           -- instant, UTC
    minutes      INTEGER NOT NULL,
    procs        TEXT NOT NULL,
    is_open      INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    opens_at     TEXT NOT NULL,           -- instants between which it can be booked,
    book_until   TEXT NOT NULL,
    change_until TEXT NOT NULL,           -- changed
    cancel_until TEXT NOT NULL,           -- and cancelled without the office
    own_until    TEXT NOT NULL,           -- the same for procedures with deadlines of their own
    phone_only   INTEGER NOT NULL CHECK (phone_only IN (0, 1)), -- residents ring up
    web_cap      INTEGER NOT NULL CHECK (web_cap >= 0),
    web_open     INTEGER NOT NULL,        -- released so far
    web_over     INTEGER NOT NULL,        -- taken beyond a lowered capacity
    web_taken    INTEGER NOT NULL,
    office_cap   INTEGER NOT NULL CHECK (office_cap >= 0),
    office_over  INTEGER NOT NULL,
    office_taken INTEGER NOT NULL,
    PRIMARY KEY (tenant, slot_id),
    UNIQUE (tenant, window_id, starts_at),
    FOREIGN KEY (tenant, window_id) REFERENCES office_window (tenant, window_id),
    CONSTRAINT web_released CHECK (web_open BETWEEN 0 AND web_cap),
    CONSTRAINT web_bounds CHECK (web_over >= 0 AND web_taken BETWEEN 0 AND web_cap + web_over),
    CONSTRAINT office_bounds CHECK (office_over >= 0 AND office_taken BETWEEN 0 AND office_cap + office_over)
);
CREATE INDEX slot_day ON slot (tenant, window_id, day, starts_at);
CREATE INDEX slot_over ON slot (tenant, day, slot_id) WHERE web_over > 0 OR office_over > 0;
