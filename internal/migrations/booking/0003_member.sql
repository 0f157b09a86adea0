-- What the service knows of a resident: that somebody with this code may book
-- these procedures between these instants. No name, no address, no birth date.
-- Who books without a code has a row, too, made for the access key of the
-- booking.

CREATE TABLE member (
    tenant      INTEGER NOT NULL REFERENCES tenant (tenant),
    link        TEXT NOT NULL,                -- random pseudonym
    kind        TEXT NOT NULL CHECK (kind IN ('code', 'key')),
    gen         INTEGER NOT NULL,             -- generation of the card
    key_id      TEXT NOT NULL,                -- of the tenant's key under which the hashes were made
    code_mac    TEXT NOT NULL,                -- base64url of HMAC-SHA-256 of the code or access key
    birth_mac   TEXT NOT NULL,                -- of code and birth date; '' where the code alone suffices
    procs       TEXT NOT NULL,                -- procedures in order
    windows     TEXT NOT NULL,                -- windows in order with spaces between, '' for all
    grp         TEXT NOT NULL,                -- random household token, '' without one
    mem         INTEGER NOT NULL,             -- ordinal on the letter, 0 without a household
    office_only INTEGER NOT NULL CHECK (office_only IN (0, 1)),
    book_from   TEXT NOT NULL,                -- instants between which the code can book
    book_until  TEXT NOT NULL,
    lang        TEXT NOT NULL,                -- of the letter, '' for the tenant's
    state       TEXT NOT NULL,
    used_at     TEXT NOT NULL,                -- '' before the first booking
    opened_at   TEXT NOT NULL,                -- first sign-in: the letter has arrived; '' before
    last_event  TEXT NOT NULL,                -- in event_out, or later; '' without
    PRIMARY KEY (tenant, link),
    UNIQUE (tenant, code_mac)
);
CREATE INDEX member_household ON member (tenant, grp, mem) WHERE grp <> '';

-- Attempts, counted by the time in which they fall: failed sign-ins, bookings
-- without a code, changes. Addresses, codes and contacts only as keyed hashes.
CREATE TABLE attempt_count (
    tenant  INTEGER NOT NULL REFERENCES tenant (tenant),
    scope   TEXT NOT NULL CHECK (scope IN ('address', 'code', 'minute', 'day', 'mail', 'phone', 'network', 'change')),
    subject TEXT NOT NULL,
    bucket  TEXT NOT NULL,                    -- instant at which it begins
    n       INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (tenant, scope, subject, bucket)
);
CREATE INDEX attempt_count_bucket ON attempt_count (tenant, bucket);

-- Locks after so many failures in a row.
CREATE TABLE attempt_lock (
    tenant       INTEGER NOT NULL REFERENCES tenant (tenant),
    scope        TEXT NOT NULL CHECK (scope IN ('password', 'key')),
    subject      TEXT NOT NULL,               -- keyed hash of the code or of the address
    failures     INTEGER NOT NULL,
    locked_until TEXT NOT NULL,               -- '' while it is open
    at           TEXT NOT NULL,               -- of the first failure of the row where the row ends with time (keys), else of the last one
    PRIMARY KEY (tenant, scope, subject)
);
CREATE INDEX attempt_lock_at ON attempt_lock (tenant, at);

CREATE TABLE member_password (
    tenant INTEGER NOT NULL,
    link   TEXT NOT NULL,
    hash   TEXT NOT NULL,                     -- argon2id
    set_at TEXT NOT NULL,
    PRIMARY KEY (tenant, link),
    FOREIGN KEY (tenant, link) REFERENCES member (tenant, link)
);

-- Permissions to choose a new password, each for one use.
CREATE TABLE member_reset (
    tenant     INTEGER NOT NULL,
    secret_mac TEXT NOT NULL,                 -- keyed hash of the token in the mail, or of code and PIN
    link       TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('mail', 'pin')),
    until_at   TEXT NOT NULL,
    PRIMARY KEY (tenant, secret_mac),
    FOREIGN KEY (tenant, link) REFERENCES member (tenant, link)
);
CREATE INDEX member_reset_link ON member_reset (tenant, link);
