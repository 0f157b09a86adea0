-- The exchange between office and booking service, as each side keeps it: how
-- far either log has come across, and every bundle that was made or taken in.

CREATE TABLE relay (
    tenant     INTEGER PRIMARY KEY,
    epoch      TEXT NOT NULL,            -- of the own log; a restored database takes a new one
    acked      INTEGER NOT NULL,         -- highest own event that the peer has applied
    sent       INTEGER NOT NULL,         -- highest own event that has left in a bundle
    peer_need  INTEGER NOT NULL,         -- event from which the peer asks to send again, 0 for none
    peer_epoch TEXT NOT NULL,            -- of the peer's log, empty before the first bundle
    applied    INTEGER NOT NULL,         -- highest event of the peer applied here
    need       INTEGER NOT NULL,         -- event from which the peer is asked to send again, 0 for none
    new_epoch  TEXT NOT NULL,            -- unknown epoch that the peer has shown, empty for none
    shown      TEXT NOT NULL,            -- later epoch of the own log that the peer has shown: this side was put back; empty for none
    prev       TEXT NOT NULL,            -- SHA-256 of the bundle made last
    heard_at   TEXT NOT NULL,            -- when the newest bundle of the peer was made, empty for never
    CHECK (acked >= 0 AND sent >= acked AND applied >= 0)
);

CREATE TABLE relay_bundle (
    tenant    INTEGER NOT NULL,
    bundle_id TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('out', 'in')),
    kind      TEXT NOT NULL,
    epoch     TEXT NOT NULL,             -- of the sender
    lo        INTEGER NOT NULL,
    hi        INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    sha256    TEXT NOT NULL,             -- of the file, base64url
    file      TEXT NOT NULL,             -- name it was written under
    at        TEXT NOT NULL,
    actor     TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('made', 'arrived', 'lost', 'applied', 'nothing_new')),
    PRIMARY KEY (tenant, direction, bundle_id)
);
CREATE INDEX relay_bundle_at ON relay_bundle (tenant, at);
