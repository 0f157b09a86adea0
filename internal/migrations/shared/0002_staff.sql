-- Accounts of the staff, their roles and their sessions. Roles are data: which
-- role may do what stands in staff_role_permission. A role without a name of
-- its own is called as the message catalogue has it.

CREATE TABLE staff (
    id            TEXT PRIMARY KEY,
    version       INTEGER NOT NULL,              -- grows with every change of the account by an administrator
    login         TEXT NOT NULL UNIQUE,          -- lower case
    name          TEXT NOT NULL,
    employee      INTEGER NOT NULL CHECK (employee IN (0, 1)), -- city staff, not a contractor
    ends_on       TEXT NOT NULL DEFAULT '',      -- last day of 在任, empty without an end
    disabled_at   TEXT NOT NULL DEFAULT '',      -- instant, empty while enabled
    password      TEXT NOT NULL,                 -- argon2id in PHC form
    must_change   INTEGER NOT NULL CHECK (must_change IN (0, 1)),
    created_at    TEXT NOT NULL,
    last_login_at TEXT NOT NULL DEFAULT ''
);

CREATE TABLE staff_role (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',               -- empty: the name of the catalogue
    sort INTEGER NOT NULL
);

CREATE TABLE staff_role_permission (
    role_id    TEXT NOT NULL REFERENCES staff_role (id),
    permission TEXT NOT NULL,
    PRIMARY KEY (role_id, permission)
);

CREATE TABLE staff_member (
    staff_id TEXT NOT NULL REFERENCES staff (id),
    role_id  TEXT NOT NULL REFERENCES staff_role (id),
    PRIMARY KEY (staff_id, role_id)
);

-- Sessions. The token itself is only in the cookie.
CREATE TABLE staff_session (
    token_hash TEXT PRIMARY KEY,                 -- base64url of SHA-256
    staff_id   TEXT NOT NULL REFERENCES staff (id),
    door       TEXT NOT NULL,                    -- desk or lan
    terminal   TEXT NOT NULL,
    created_at TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    ends_at    TEXT NOT NULL                     -- however busy
);
CREATE INDEX staff_session_staff ON staff_session (staff_id, created_at);

-- Failed sign-ins in a row, for names that exist and for those that do not
-- alike, so that a lock says nothing about either.
CREATE TABLE staff_guard (
    login_mac    TEXT PRIMARY KEY,               -- keyed hash: people type passwords into the wrong field
    failures     INTEGER NOT NULL,
    failed_at    TEXT NOT NULL,
    locked_until TEXT NOT NULL DEFAULT ''
);

-- Failed sign-ins of each terminal within the last day.
CREATE TABLE staff_attempt (
    id       TEXT PRIMARY KEY,
    terminal TEXT NOT NULL,
    at       TEXT NOT NULL
);
CREATE INDEX staff_attempt_terminal ON staff_attempt (terminal, at);

-- The code that opens the first set-up; no row once somebody has used it.
CREATE TABLE staff_installation (
    id        TEXT PRIMARY KEY,                  -- always 'code'
    code_hash TEXT NOT NULL,                     -- base64url of SHA-256
    made_at   TEXT NOT NULL
);

INSERT INTO staff_role (id, sort) VALUES
    ('receiver', 1), ('media', 2), ('notice', 3), ('counter', 4), ('supervisor', 5), ('auditor', 6), ('admin', 7);

INSERT INTO staff_role_permission (role_id, permission) VALUES
    ('receiver', 'import.run'), ('receiver', 'delivery.receive'), ('receiver', 'card.view'), ('receiver', 'card.work'),
    ('media', 'import.run'), ('media', 'card.view'),
    ('notice', 'card.view'), ('notice', 'card.work'), ('notice', 'notice.print'),
    ('counter', 'card.view'), ('counter', 'card.work'), ('counter', 'visit.handover'),
    ('supervisor', 'import.run'), ('supervisor', 'delivery.receive'), ('supervisor', 'card.view'), ('supervisor', 'card.work'),
    ('supervisor', 'card.withdraw'), ('supervisor', 'place.manage'), ('supervisor', 'notice.print'), ('supervisor', 'visit.handover'),
    ('supervisor', 'list.export'), ('supervisor', 'undo.any'), ('supervisor', 'audit.view'),
    ('auditor', 'audit.view'),
    ('admin', 'staff.manage'), ('admin', 'settings.manage'), ('admin', 'audit.view');
