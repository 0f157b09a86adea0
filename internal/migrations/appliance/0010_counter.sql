-- 窓口: the windows and their slots as the owner of the configuration says, and
-- who comes when: the bookings of the cloud, those of the office seats, and
-- those who come without one.

CREATE TABLE counter_window (
    window_id    TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    seats        TEXT NOT NULL CHECK (seats IN ('office', 'cloud')), -- who gives the office seats away
    late_minutes INTEGER NOT NULL CHECK (late_minutes >= 0),         -- after which others go first
    sort         INTEGER NOT NULL,
    closed       INTEGER NOT NULL CHECK (closed IN (0, 1))           -- is no more
);

-- One beginning at one window. A lowered capacity cancels nobody: what is taken
-- may then be more than there is.
CREATE TABLE counter_slot (
    window_id    TEXT NOT NULL REFERENCES counter_window (window_id),
    starts_at    TEXT NOT NULL,
    day          TEXT NOT NULL,
    minutes      INTEGER NOT NULL CHECK (minutes > 0),
    procs        TEXT NOT NULL,                                      -- procedures, with spaces between; '' for all
    web_cap      INTEGER NOT NULL CHECK (web_cap >= 0),
    office_cap   INTEGER NOT NULL CHECK (office_cap >= 0),
    office_taken INTEGER NOT NULL CHECK (office_taken >= 0),
    PRIMARY KEY (window_id, starts_at)
);
CREATE INDEX counter_slot_day ON counter_slot (window_id, day, starts_at);

-- What holds for all windows, as the owner of the configuration says.
CREATE TABLE counter_rules (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    sum_units INTEGER NOT NULL CHECK (sum_units IN (0, 1))           -- the procedures of a person are added up; otherwise the largest counts
);
CREATE TABLE counter_procedure (
    svc   TEXT PRIMARY KEY,
    units INTEGER NOT NULL CHECK (units > 0)                         -- seats that one person takes
);

CREATE TABLE counter_booking (
    bk        TEXT PRIMARY KEY,                                      -- ULID of whoever made it
    source    TEXT NOT NULL CHECK (source IN ('cloud', 'office', 'visit')),
    no        TEXT NOT NULL,                                         -- that the person names: 12-0042, T12-0003, W004
    window_id TEXT NOT NULL,
    starts_at TEXT NOT NULL,                                         -- of the slot; of a visit without one, its arrival
    day       TEXT NOT NULL,
    minutes   INTEGER NOT NULL,
    seat      TEXT NOT NULL CHECK (seat IN ('web', 'office', '')),
    via       TEXT NOT NULL,                                         -- web, phone, counter, visit
    lang      TEXT NOT NULL,
    seq       INTEGER NOT NULL,                                      -- event of the booking service that told its place, 0 for our own
    known_at  TEXT NOT NULL,                                         -- since when this office has it in this slot
    made_by   TEXT NOT NULL,
    here      TEXT NOT NULL DEFAULT '',                              -- window that received the persons in place of the booked one
    here_on   TEXT NOT NULL DEFAULT ''                               -- and the day
);
CREATE INDEX counter_booking_day ON counter_booking (day, window_id, starts_at);
CREATE INDEX counter_booking_here ON counter_booking (here_on, here) WHERE here_on <> '';
CREATE INDEX counter_booking_no ON counter_booking (no, day);

-- One person of a booking, with what each side says of them apart (package
-- agree). The card of somebody with a code is that of the link, which may be
-- made anew; the column is for those who have none.
CREATE TABLE counter_person (
    bk          TEXT NOT NULL REFERENCES counter_booking (bk),
    ord         INTEGER NOT NULL,
    link        TEXT NOT NULL,                                       -- '' without a code
    gen         INTEGER NOT NULL,
    nocode      INTEGER NOT NULL CHECK (nocode IN (0, 1)),           -- booked without a code: the pseudonym is of this booking alone
    card_id     INTEGER,
    svc         TEXT NOT NULL,                                       -- procedures as booked
    procs       TEXT NOT NULL,                                       -- those that stand
    units       INTEGER NOT NULL CHECK (units > 0),
    starts_at   TEXT NOT NULL,                                       -- of a large party not everybody comes in the same slot
    booked      TEXT NOT NULL CHECK (booked IN ('active', 'noshow_provisional', 'noshow', 'unreconciled', 'cancelled', 'cancelled_by_office')),
    refused     INTEGER NOT NULL CHECK (refused IN (0, 1)),          -- by this office
    visit_here  TEXT NOT NULL CHECK (visit_here IN ('', 'arrived', 'again', 'done')),
    visit_cloud TEXT NOT NULL CHECK (visit_cloud IN ('', 'arrived', 'again', 'done')),
    state       TEXT NOT NULL,                                       -- that follows from the four
    held        INTEGER NOT NULL CHECK (held IN (0, 1)),             -- in quarantine: the code is not known here
    given       INTEGER NOT NULL,                                    -- hand-over in card_event that finished it, 0 for none
    arrived_at  TEXT NOT NULL,
    done_at     TEXT NOT NULL,
    PRIMARY KEY (bk, ord)
);
CREATE INDEX counter_person_link ON counter_person (link, bk) WHERE link <> '';
CREATE INDEX counter_person_card ON counter_person (card_id, bk) WHERE card_id IS NOT NULL;
CREATE INDEX counter_person_active ON counter_person (state, bk) WHERE state IN ('active', 'noshow_provisional');

-- The close of a day at a window. From then on who has not come is a no-show.
CREATE TABLE counter_day (
    window_id TEXT NOT NULL REFERENCES counter_window (window_id),
    day       TEXT NOT NULL,
    seen      INTEGER NOT NULL,                                      -- highest event of the cloud applied before
    closed_at TEXT NOT NULL,
    closed_by TEXT NOT NULL,
    PRIMARY KEY (window_id, day)
);
