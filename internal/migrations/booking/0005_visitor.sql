-- Sessions of residents who have shown a code.
CREATE TABLE visitor_session (
    tenant  INTEGER NOT NULL REFERENCES tenant (tenant),
    digest  TEXT NOT NULL,    -- base64url of SHA-256 of the cookie's token
    link    TEXT NOT NULL,
    gen     INTEGER NOT NULL,
    party   TEXT NOT NULL,    -- links of those who come along, with spaces between
    seen_at TEXT NOT NULL,    -- last use
    PRIMARY KEY (tenant, digest)
);
CREATE INDEX visitor_session_seen ON visitor_session (tenant, seen_at);
CREATE INDEX visitor_session_link ON visitor_session (tenant, link);
