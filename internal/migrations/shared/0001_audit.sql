-- Who did what, one log for each tenant (municipality; 0 is the appliance or the
-- operator). The leaf is the hash of the salted body; the Merkle tree over the
-- leaves (stored hashes as in golang.org/x/mod/sumdb/tlog) makes any later
-- change, removal or insertion show.
-- append-only: audit, audit_hash

CREATE TABLE audit (
    tenant INTEGER NOT NULL,
    seq    INTEGER NOT NULL,    -- 0, 1, 2 … without gaps: the number of the leaf in the tree
    at     TEXT NOT NULL,       -- instant, UTC with milliseconds
    leaf   TEXT NOT NULL,       -- base64url of the leaf hash
    PRIMARY KEY (tenant, seq)
);

-- The body stands apart so that retention can take it away and leave the leaf.
CREATE TABLE audit_body (
    tenant   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    salt     TEXT NOT NULL,            -- base64url, 16 random bytes
    at       TEXT NOT NULL,
    actor    TEXT NOT NULL,            -- staff id, or the name of the program part that acted
    name     TEXT NOT NULL,            -- name of the actor at that time
    role     TEXT NOT NULL,
    terminal TEXT NOT NULL,
    action   TEXT NOT NULL,            -- such as delivery.received
    object   TEXT NOT NULL,            -- such as card/123
    result   TEXT NOT NULL CHECK (result IN ('ok', 'denied', 'error')),
    detail   TEXT NOT NULL,            -- JSON, no personal data beyond ids
    state    TEXT NOT NULL DEFAULT '', -- digest of all tables as the transaction found them
    PRIMARY KEY (tenant, seq),
    FOREIGN KEY (tenant, seq) REFERENCES audit (tenant, seq)
);
CREATE INDEX audit_body_object ON audit_body (tenant, object, seq);
CREATE INDEX audit_body_actor ON audit_body (tenant, actor, seq);
CREATE INDEX audit_body_at ON audit_body (tenant, at);

-- Records that wait for their number, where many write at once: each is added
-- without waiting for others, and a job numbers them a moment later.
CREATE TABLE audit_pending (
    tenant   INTEGER NOT NULL,
    id       TEXT NOT NULL, -- ULID: records are numbered in its order
    at       TEXT NOT NULL,
    actor    TEXT NOT NULL,
    name     TEXT NOT NULL,
    role     TEXT NOT NULL,
    terminal TEXT NOT NULL,
    action   TEXT NOT NULL,
    object   TEXT NOT NULL,
    result   TEXT NOT NULL CHECK (result IN ('ok', 'denied', 'error')),
    detail   TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- Stored hashes of the tree, two per record on average.
CREATE TABLE audit_hash (
    tenant INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    hash   TEXT NOT NULL,
    PRIMARY KEY (tenant, idx)
);

-- Signed checkpoints: origin, size and root as a note.
CREATE TABLE audit_checkpoint (
    tenant INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    at     TEXT NOT NULL,
    note   TEXT NOT NULL,
    PRIMARY KEY (tenant, size)
);
