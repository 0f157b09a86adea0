-- What the service knows of a resident: that somebody with this code may book
-- these procedures between these instants. No name, no address, no birth date.

CREATE TABLE member (
    tenant      INTEGER NOT NULL REFERENCES tenant (tenant),
    link        TEXT NOT NULL,                -- random pseudonym
    gen         INTEGER NOT NULL,             -- generation of the card
    key_id      TEXT NOT NULL,                -- of the tenant's key under which the hashes were made
    code_mac    TEXT NOT NULL,                -- base64url of HMAC-SHA-256 of the code
    birth_mac   TEXT NOT NULL,                -- of code and birth date; '' where the code alone suffices
    procs       TEXT NOT NULL,                -- procedures in order
    grp         TEXT NOT NULL,                -- random household token, '' without one
    mem         INTEGER NOT NULL,             -- ordinal on the letter, 0 without a household
    office_only INTEGER NOT NULL CHECK (office_only IN (0, 1)),
    book_from   TEXT NOT NULL,                -- instants between which the code can book
    book_until  TEXT NOT NULL,
    state       TEXT NOT NULL,
    used_at     TEXT NOT NULL,                -- '' before the first use
    PRIMARY KEY (tenant, link),
    UNIQUE (tenant, code_mac)
);
CREATE INDEX member_household ON member (tenant, grp, mem) WHERE grp <> '';

-- Failed attempts, counted by minute. Addresses and codes only as keyed hashes.
CREATE TABLE attempt_count (
    tenant  INTEGER NOT NULL REFERENCES tenant (tenant),
    scope   TEXT NOT NULL CHECK (scope IN ('address', 'code', 'minute', 'day')),
    subject TEXT NOT NULL,
    bucket  TEXT NOT NULL,                    -- instant at which it begins
    n       INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (tenant, scope, subject, bucket)
);
CREATE INDEX attempt_count_bucket ON attempt_count (tenant, bucket);
