-- 問合せ: who asked what, by which way, and what the office answered. A code is
-- known by its pseudonym only; an anonymous inquiry has none.

CREATE TABLE inquiry (
    tenant     INTEGER NOT NULL REFERENCES tenant (tenant),
    inquiry_id TEXT NOT NULL,               -- ULID
    version    INTEGER NOT NULL,            -- grows with every change
    at         TEXT NOT NULL,               -- when it was asked
    day        TEXT NOT NULL,               -- of at, in Japan
    channel    TEXT NOT NULL,               -- code of the list of choices
    window_id  TEXT NOT NULL,               -- place, '' for none
    result     TEXT NOT NULL,               -- code, '' while open
    text       TEXT NOT NULL,
    answer     TEXT NOT NULL,               -- as it was sent or said
    link       TEXT,                        -- NULL for an anonymous one, and after retention
    follow_up  TEXT NOT NULL,               -- day, '' without
    owner      TEXT NOT NULL,               -- staff id of who follows up, '' for nobody
    made_by    TEXT NOT NULL,               -- staff id
    changed_at TEXT NOT NULL,
    PRIMARY KEY (tenant, inquiry_id),
    FOREIGN KEY (tenant, link) REFERENCES member (tenant, link)
);
CREATE INDEX inquiry_day ON inquiry (tenant, day, inquiry_id);
CREATE INDEX inquiry_link ON inquiry (tenant, link, inquiry_id);
CREATE INDEX inquiry_follow_up ON inquiry (tenant, follow_up, inquiry_id) WHERE follow_up <> '';

-- What it was about; several may be ticked.
CREATE TABLE inquiry_category (
    tenant     INTEGER NOT NULL,
    inquiry_id TEXT NOT NULL,
    category   TEXT NOT NULL,
    PRIMARY KEY (tenant, inquiry_id, category),
    FOREIGN KEY (tenant, inquiry_id) REFERENCES inquiry (tenant, inquiry_id)
);
