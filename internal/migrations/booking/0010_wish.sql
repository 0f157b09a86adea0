-- The waiting list: who waits where, when and what for. A code has one wish.

CREATE TABLE wish (
    tenant     INTEGER NOT NULL REFERENCES tenant (tenant),
    wish_id    TEXT NOT NULL,                 -- ULID; the order of the list
    windows    TEXT NOT NULL,                 -- codes with spaces between, '' for all
    from_day   TEXT NOT NULL,
    until_day  TEXT NOT NULL,
    weekdays   TEXT NOT NULL,                 -- 0 is Sunday, with spaces between; '' for all
    bands      TEXT NOT NULL,                 -- minutes of the day such as 540-720, with spaces between; '' for all
    notify     TEXT NOT NULL CHECK (notify IN ('mail', 'phone')),
    lang       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'offered', 'accepted', 'declined', 'expired', 'withdrawn', 'over')),
    made_at    TEXT NOT NULL,
    booking_id TEXT NOT NULL,                 -- the offer, '' before
    offered_at TEXT NOT NULL,                 -- '' before
    ended_at   TEXT NOT NULL,                 -- '' before
    PRIMARY KEY (tenant, wish_id)
);
CREATE INDEX wish_live ON wish (tenant, wish_id) WHERE state IN ('open', 'offered');
CREATE INDEX wish_ended ON wish (tenant, ended_at) WHERE ended_at <> '';

CREATE TABLE wish_person (
    tenant  INTEGER NOT NULL,
    wish_id TEXT NOT NULL,
    link    TEXT NOT NULL,
    gen     INTEGER NOT NULL,
    procs   TEXT NOT NULL,
    live    INTEGER NOT NULL CHECK (live IN (0, 1)),
    PRIMARY KEY (tenant, wish_id, link),
    FOREIGN KEY (tenant, wish_id) REFERENCES wish (tenant, wish_id)
);
CREATE UNIQUE INDEX one_wish ON wish_person (tenant, link) WHERE live = 1;
