-- Who did what. The leaf is the hash of the salted body; the Merkle tree over
-- the leaves (stored hashes as in golang.org/x/mod/sumdb/tlog) makes any later
-- change, removal or insertion show.
-- append-only: audit, audit_hash

CREATE TABLE audit (
    seq    INTEGER PRIMARY KEY, -- 0, 1, 2 … without gaps: the number of the leaf in the tree
    at     TEXT NOT NULL,       -- instant, UTC with milliseconds
    leaf   TEXT NOT NULL        -- base64url of the leaf hash
);

-- The body stands apart so that retention can take it away and leave the leaf.
CREATE TABLE audit_body (
    seq      INTEGER PRIMARY KEY REFERENCES audit (seq),
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
    state    TEXT NOT NULL DEFAULT ''  -- digest of all tables as the transaction found them
);
CREATE INDEX audit_body_object ON audit_body (object, seq);
CREATE INDEX audit_body_actor ON audit_body (actor, seq);
CREATE INDEX audit_body_at ON audit_body (at);

-- Stored hashes of the tree, two per record on average.
CREATE TABLE audit_hash (
    idx  INTEGER PRIMARY KEY,
    hash TEXT NOT NULL
);

-- Signed checkpoints: origin, size and root as a note.
CREATE TABLE audit_checkpoint (
    size INTEGER PRIMARY KEY,
    at   TEXT NOT NULL,
    note TEXT NOT NULL
);
