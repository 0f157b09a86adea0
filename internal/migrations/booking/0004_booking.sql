-- Who comes when. A booking is a visit of one or more codes; each has a row of
-- its own, so that it can leave alone.

CREATE TABLE booking (
    tenant     INTEGER NOT NULL REFERENCES tenant (tenant),
    booking_id TEXT NOT NULL,                 -- ULID
    year       INTEGER NOT NULL,              -- in which the number was given
    no         TEXT NOT NULL,                 -- receipt number, such as 12-0042
    window_id  TEXT NOT NULL,
    slot_id    TEXT NOT NULL,                 -- of the first person
    seat       TEXT NOT NULL CHECK (seat IN ('web', 'office')),
    via        TEXT NOT NULL,                 -- web, phone, counter, visit
    state      TEXT NOT NULL,
    made_at    TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    PRIMARY KEY (tenant, booking_id),
    UNIQUE (tenant, year, no),
    FOREIGN KEY (tenant, slot_id) REFERENCES slot (tenant, slot_id)
);
CREATE INDEX booking_slot ON booking (tenant, slot_id);

CREATE TABLE booking_person (
    tenant     INTEGER NOT NULL,
    booking_id TEXT NOT NULL,
    link       TEXT NOT NULL,
    gen        INTEGER NOT NULL,
    procs      TEXT NOT NULL,
    slot_id    TEXT NOT NULL,
    state      TEXT NOT NULL,
    PRIMARY KEY (tenant, booking_id, link),
    FOREIGN KEY (tenant, booking_id) REFERENCES booking (tenant, booking_id),
    FOREIGN KEY (tenant, link) REFERENCES member (tenant, link),
    FOREIGN KEY (tenant, slot_id) REFERENCES slot (tenant, slot_id)
);
CREATE UNIQUE INDEX one_active ON booking_person (tenant, link) WHERE state = 'active';
CREATE INDEX booking_person_link ON booking_person (tenant, link, booking_id);
CREATE INDEX booking_person_slot ON booking_person (tenant, slot_id, booking_id) WHERE state = 'active';

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
    tenant     INTEGER NOT NULL REFERENCES tenant (tenant),
    token      TEXT NOT NULL,
    request    TEXT NOT NULL,                 -- digest of what was asked
    booking_id TEXT NOT NULL,
    at         TEXT NOT NULL,
    PRIMARY KEY (tenant, token)
);
CREATE INDEX booking_token_at ON booking_token (tenant, at);
