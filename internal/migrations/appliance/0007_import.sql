-- 取込: every file that was brought in, and what came of it.

CREATE TABLE import_run (
    id           INTEGER PRIMARY KEY,
    profile      TEXT NOT NULL,
    kind         TEXT NOT NULL,               -- delivery, registry
    file_name    TEXT NOT NULL,
    size         INTEGER NOT NULL,            -- bytes
    sha256       TEXT NOT NULL,
    encoding     TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('previewed', 'applied', 'cancelled', 'failed', 'undone')),
    rows         INTEGER NOT NULL DEFAULT 0,
    counts       TEXT NOT NULL DEFAULT '{}',  -- JSON: new, changed, unchanged, rejected …
    sample       TEXT NOT NULL DEFAULT '{}',  -- JSON: headings and first rows, emptied once applied or cancelled
    warnings     TEXT NOT NULL DEFAULT '[]',
    spool        TEXT NOT NULL DEFAULT '',    -- name of the copy while it waits to be applied
    delivery_id  INTEGER,
    created_at   TEXT NOT NULL,
    created_by   TEXT NOT NULL,
    applied_at   TEXT NOT NULL DEFAULT '',
    reason       TEXT NOT NULL DEFAULT ''
);
-- The same file is applied once.
CREATE UNIQUE INDEX import_run_once ON import_run (sha256) WHERE state = 'applied';

CREATE TABLE import_finding (
    run_id   INTEGER NOT NULL REFERENCES import_run (id),
    no       INTEGER NOT NULL,
    row      INTEGER NOT NULL,
    "column" TEXT NOT NULL,
    value    TEXT NOT NULL,
    code     TEXT NOT NULL,
    args     TEXT NOT NULL DEFAULT '{}',
    severity TEXT NOT NULL CHECK (severity IN ('reject', 'warn')),
    PRIMARY KEY (run_id, no)
);
