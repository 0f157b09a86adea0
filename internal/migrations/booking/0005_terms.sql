-- What a municipality words and decides by itself: policy, wording, templates of
-- mails, notices, custom fields. A change is a new version; the newest one
-- holds, the older ones are the history.
-- append-only: terms_document

CREATE TABLE terms_document (
    tenant     INTEGER NOT NULL REFERENCES tenant (tenant),
    name       TEXT NOT NULL,
    version    INTEGER NOT NULL,      -- 1, 2, 3 …
    body       TEXT NOT NULL,         -- JSON; what it leaves out takes the default
    changed_at TEXT NOT NULL,
    changed_by TEXT NOT NULL,         -- staff id
    PRIMARY KEY (tenant, name, version)
);
