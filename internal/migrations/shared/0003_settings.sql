-- What staff change without a programmer, as JSON documents. A change is a new
-- version; the newest one holds, the older ones are the history.
-- append-only: setting

CREATE TABLE setting (
    tenant     INTEGER NOT NULL,      -- municipality; 0 in an appliance
    name       TEXT NOT NULL,
    version    INTEGER NOT NULL,      -- 1, 2, 3 …
    body       TEXT NOT NULL,         -- JSON; what it leaves out takes the default
    changed_at TEXT NOT NULL,
    changed_by TEXT NOT NULL,         -- staff id
    PRIMARY KEY (tenant, name, version)
);
