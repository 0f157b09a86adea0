-- Accounts of the staff, their roles and their sessions. Every municipality
-- (tenant; 0 in an appliance) has its own. Roles are data, which the program
-- puts there when the municipality is set up: which role may do what stands in
-- staff_role_permission. A role without a name of its own is called as the
-- message catalogue has it.

CREATE TABLE staff (
    tenant        INTEGER NOT NULL,
    id            TEXT NOT NULL,
    version       INTEGER NOT NULL,              -- grows with every change of the account by an administrator
    login         TEXT NOT NULL,                 -- lower case
    name          TEXT NOT NULL,
    employee      INTEGER NOT NULL CHECK (employee IN (0, 1)), -- city staff, not a contractor
    ends_on       TEXT NOT NULL DEFAULT '',      -- last day of 在任, empty without an end
    disabled_at   TEXT NOT NULL DEFAULT '',      -- instant, empty while enabled
    password      TEXT NOT NULL,                 -- argon2id in PHC form
    must_change   INTEGER NOT NULL CHECK (must_change IN (0, 1)),
    created_at    TEXT NOT NULL,
    last_login_at TEXT NOT NULL DEFAULT '',
    all_windows   INTEGER NOT NULL CHECK (all_windows IN (0, 1)), -- every window is the person's own
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, login)
);

CREATE TABLE staff_role (
    tenant INTEGER NOT NULL,
    id     TEXT NOT NULL,
    name   TEXT NOT NULL DEFAULT '',             -- empty: the name of the catalogue
    sort   INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE staff_role_permission (
    tenant     INTEGER NOT NULL,
    role_id    TEXT NOT NULL,
    permission TEXT NOT NULL,
    own        INTEGER NOT NULL CHECK (own IN (0, 1)), -- at the person's own windows only
    PRIMARY KEY (tenant, role_id, permission),
    FOREIGN KEY (tenant, role_id) REFERENCES staff_role (tenant, id)
);

CREATE TABLE staff_member (
    tenant   INTEGER NOT NULL,
    staff_id TEXT NOT NULL,
    role_id  TEXT NOT NULL,
    PRIMARY KEY (tenant, staff_id, role_id),
    FOREIGN KEY (tenant, staff_id) REFERENCES staff (tenant, id),
    FOREIGN KEY (tenant, role_id) REFERENCES staff_role (tenant, id)
);

-- The windows at which a person works.
CREATE TABLE staff_window (
    tenant    INTEGER NOT NULL,
    staff_id  TEXT NOT NULL,
    window_id TEXT NOT NULL,                     -- of the booking service
    PRIMARY KEY (tenant, staff_id, window_id),
    FOREIGN KEY (tenant, staff_id) REFERENCES staff (tenant, id)
);

-- The second factor of an account: the seed of its one-time codes.
CREATE TABLE staff_totp (
    tenant       INTEGER NOT NULL,
    staff_id     TEXT NOT NULL,
    seed         TEXT NOT NULL,                  -- sealed by the key ring
    made_at      TEXT NOT NULL,
    confirmed_at TEXT NOT NULL DEFAULT '',       -- instant of the first right code; empty: not asked for yet
    last_step    INTEGER NOT NULL,               -- 30-second step of the last code that was taken, each is good once
    PRIMARY KEY (tenant, staff_id),
    FOREIGN KEY (tenant, staff_id) REFERENCES staff (tenant, id)
);

-- What stands in for a lost second factor, each good once.
CREATE TABLE staff_recovery (
    tenant    INTEGER NOT NULL,
    staff_id  TEXT NOT NULL,
    code_hash TEXT NOT NULL,                     -- keyed hash of 80 random bits
    PRIMARY KEY (tenant, staff_id, code_hash),
    FOREIGN KEY (tenant, staff_id) REFERENCES staff (tenant, id)
);

-- Sessions. The token itself is only in the cookie.
CREATE TABLE staff_session (
    tenant     INTEGER NOT NULL,
    token_hash TEXT NOT NULL,                    -- base64url of SHA-256
    staff_id   TEXT NOT NULL,
    door       TEXT NOT NULL,                    -- desk, lan or console
    terminal   TEXT NOT NULL,
    created_at TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    ends_at    TEXT NOT NULL,                    -- however busy
    PRIMARY KEY (tenant, token_hash),
    FOREIGN KEY (tenant, staff_id) REFERENCES staff (tenant, id)
);
CREATE INDEX staff_session_staff ON staff_session (tenant, staff_id, created_at);

-- Failed sign-ins in a row, for names that exist and for those that do not
-- alike, so that a lock says nothing about either.
CREATE TABLE staff_guard (
    tenant       INTEGER NOT NULL,
    login_mac    TEXT NOT NULL,                  -- keyed hash: people type passwords into the wrong field
    failures     INTEGER NOT NULL,
    failed_at    TEXT NOT NULL,
    locked_until TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, login_mac)
);

-- Failed sign-ins of each terminal within the last day.
CREATE TABLE staff_attempt (
    tenant   INTEGER NOT NULL,
    id       TEXT NOT NULL,
    terminal TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX staff_attempt_terminal ON staff_attempt (tenant, terminal, at);

-- The code that opens the first set-up; no row once somebody has used it.
CREATE TABLE staff_installation (
    tenant    INTEGER NOT NULL,
    id        TEXT NOT NULL,                     -- always 'code'
    code_hash TEXT NOT NULL,                     -- base64url of SHA-256
    made_at   TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
