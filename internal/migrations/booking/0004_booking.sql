-- Who comes when. A booking is a visit of one or more codes; each has a row of
-- its own, with its own state, so that it can leave alone. What its owner says
-- of the booking and what the reception of each side has written down are kept
-- apart; the state follows from them.

CREATE TABLE booking (
    tenant       INTEGER NOT NULL,
    booking_id   TEXT NOT NULL,               -- ULID
    year         INTEGER NOT NULL,            -- in which the number was given
    no           TEXT NOT NULL,               -- receipt number, such as 12-0042
    window_id    TEXT NOT NULL,
    slot_id      TEXT NOT NULL,               -- of the first person
    seat         TEXT NOT NULL CHECK (seat IN ('web', 'office')),
    via          TEXT NOT NULL,               -- web, phone, counter, visit
    owner        TEXT NOT NULL CHECK (owner IN ('cloud', 'office')), -- who alone moves and ends it
    lang         TEXT NOT NULL,               -- in which the resident reads, '' where nobody knows
    state        TEXT NOT NULL,               -- follows from the states of the persons
    until_at     TEXT NOT NULL,               -- of a pending or offered booking: when it expires; '' otherwise
    counter      TEXT NOT NULL,               -- that has called the persons; '' before
    called_at    TEXT NOT NULL,
    made_at      TEXT NOT NULL,
    made_by      TEXT NOT NULL,               -- staff id, or the name of a program part such as resident
    changed_by   TEXT NOT NULL,               -- staff id of who acted on it last, '' before
    changed_at   TEXT NOT NULL,
    placed_event TEXT NOT NULL,               -- that told the office of its present slot; '' before
    last_event   TEXT NOT NULL,
    PRIMARY KEY (tenant, booking_id),
    UNIQUE (tenant, year, no),
    FOREIGN KEY (tenant, slot_id) REFERENCES slot (tenant, slot_id)
);
CREATE INDEX booking_slot ON booking (tenant, slot_id);
CREATE INDEX booking_until ON booking (tenant, until_at) WHERE until_at <> '';

CREATE TABLE booking_person (
    tenant     INTEGER NOT NULL,
    booking_id TEXT NOT NULL,
    ord        INTEGER NOT NULL,              -- within the booking, from 1
    link       TEXT,                          -- NULL once the booking has been made anonymous
    own        TEXT NOT NULL,                 -- the booking, where it is the office's: it may book somebody twice; '' otherwise
    gen        INTEGER NOT NULL,
    procs      TEXT NOT NULL,
    units      INTEGER NOT NULL CHECK (units BETWEEN 1 AND 1000), -- seats that this person takes
    slot_id    TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'offered', 'active', 'arrived', 'again', 'visited',
        'noshow_provisional', 'noshow', 'unreconciled', 'cancelled', 'cancelled_by_office', 'expired')),
    booked      TEXT NOT NULL,                -- state without visits
    visit_here  TEXT NOT NULL CHECK (visit_here IN ('', 'arrived', 'again', 'done')),  -- as our reception wrote down
    visit_there TEXT NOT NULL CHECK (visit_there IN ('', 'arrived', 'again', 'done')), -- as the office tells
    arrived_at TEXT NOT NULL,
    done_at    TEXT NOT NULL,
    old_card   INTEGER NOT NULL CHECK (old_card IN (0, 1)),       -- 住基カード was taken back
    handled    TEXT NOT NULL,                 -- codes of what was done, with spaces between
    memo       TEXT NOT NULL,
    PRIMARY KEY (tenant, booking_id, ord),
    UNIQUE (tenant, booking_id, link),
    FOREIGN KEY (tenant, booking_id) REFERENCES booking (tenant, booking_id),
    FOREIGN KEY (tenant, link) REFERENCES member (tenant, link),
    FOREIGN KEY (tenant, slot_id) REFERENCES slot (tenant, slot_id)
);
CREATE UNIQUE INDEX one_active ON booking_person (tenant, link, own) WHERE state = 'active';
CREATE INDEX one_coming ON booking_person (tenant, link) WHERE state IN ('pending', 'arrived') OR state = 'active' AND own <> '';
CREATE INDEX booking_person_link ON booking_person (tenant, link, booking_id);
CREATE INDEX booking_person_slot ON booking_person (tenant, slot_id, booking_id);
CREATE INDEX booking_person_open ON booking_person (tenant, link, booking_id) WHERE booked IN ('pending', 'offered', 'active');
CREATE INDEX booking_person_missed ON booking_person (tenant, slot_id) WHERE state = 'noshow_provisional';

-- Days that the office has closed, for what is taken back afterwards.
CREATE TABLE closed_day (
    tenant    INTEGER NOT NULL,
    window_id TEXT NOT NULL,
    day       TEXT NOT NULL,
    seen      INTEGER NOT NULL,               -- last event of ours that it had applied before
    PRIMARY KEY (tenant, window_id, day),
    FOREIGN KEY (tenant, window_id) REFERENCES office_window (tenant, window_id)
);

-- Running receipt numbers.
CREATE TABLE booking_number (
    tenant INTEGER NOT NULL REFERENCES tenant (tenant),
    year   INTEGER NOT NULL,
    month  INTEGER NOT NULL,
    last   INTEGER NOT NULL,
    PRIMARY KEY (tenant, year, month)
);

-- One-time tokens of forms, so that a repeated request finds its answer.
CREATE TABLE booking_token (
    tenant     INTEGER NOT NULL,
    token      TEXT NOT NULL,                 -- digest of it
    request    TEXT NOT NULL,                 -- digest of what was asked
    booking_id TEXT NOT NULL,
    at         TEXT NOT NULL,
    PRIMARY KEY (tenant, token)
);
CREATE INDEX booking_token_at ON booking_token (tenant, at);
