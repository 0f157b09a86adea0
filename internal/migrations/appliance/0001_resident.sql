-- People as the resident registry sent them. Names and addresses are kept
-- exactly as received; keys for searching stand beside them.
-- append-only: resident_version

CREATE TABLE resident (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    resident_no     TEXT NOT NULL UNIQUE,        -- 宛名番号, as printed
    household_no    TEXT NOT NULL DEFAULT '',    -- 世帯番号
    kind            TEXT NOT NULL DEFAULT '',    -- 住民種別 1 Japanese, 2 foreign
    state           TEXT NOT NULL DEFAULT '',    -- 住民状態 1 resident, 2 moved out, 3 dead, 9 deleted
    name            TEXT NOT NULL DEFAULT '',    -- 氏名, as registered
    kana            TEXT NOT NULL DEFAULT '',
    name_roman      TEXT NOT NULL DEFAULT '',    -- 氏名_外国人ローマ字
    name_kanji      TEXT NOT NULL DEFAULT '',    -- 氏名_外国人漢字
    former_surname  TEXT NOT NULL DEFAULT '',    -- 旧氏
    alias           TEXT NOT NULL DEFAULT '',    -- 通称
    alias_kana      TEXT NOT NULL DEFAULT '',
    name_priority   TEXT NOT NULL DEFAULT '',    -- 氏名優先区分 01–13
    name_key        TEXT NOT NULL,               -- of name, folded for comparing and searching
    sex             TEXT NOT NULL DEFAULT '',
    birth           TEXT NOT NULL DEFAULT '',    -- 2026-11-21, 2026-11, 2026 or '' as far as known
    birth_raw       TEXT NOT NULL DEFAULT '',    -- as received
    relation        TEXT NOT NULL DEFAULT '',    -- 続柄
    postal_code     TEXT NOT NULL DEFAULT '',    -- 7 digits or as received
    address         TEXT NOT NULL DEFAULT '',    -- without 方書
    building        TEXT NOT NULL DEFAULT '',    -- 方書
    stay_expires_on TEXT NOT NULL DEFAULT '',    -- 在留期間の満了の日
    gaiji_set       TEXT NOT NULL DEFAULT '',    -- whose private-use characters these are
    digest          TEXT NOT NULL,               -- of the row last taken over, to see an unchanged one at once
    import_id       INTEGER NOT NULL,            -- the import that wrote this state
    added_by        INTEGER NOT NULL,            -- the import that brought the person in
    updated_at      TEXT NOT NULL
);
CREATE INDEX resident_name ON resident (name_key, birth);

-- Further names under which a person may stand on a delivery list: letters of
-- the roman name, kanji of a foreign name, 通称. Most people have none.
CREATE TABLE resident_key (
    resident_id INTEGER NOT NULL REFERENCES resident (id),
    key         TEXT NOT NULL,
    PRIMARY KEY (resident_id, key)
);
CREATE INDEX resident_key_key ON resident_key (key);

-- What a row was before an import changed it, so that the import can be undone
-- and the auditor can see. The undoing adds what it took back.
CREATE TABLE resident_version (
    id          INTEGER PRIMARY KEY,
    resident_id INTEGER NOT NULL,
    import_id   INTEGER NOT NULL, -- the import that replaced this state
    body        TEXT NOT NULL,    -- JSON of the columns above
    at          TEXT NOT NULL
);
CREATE INDEX resident_version_import ON resident_version (import_id, resident_id, id);
CREATE INDEX resident_version_resident ON resident_version (resident_id, id);

-- 異動: what happened to a person, each once however often it is sent. Numbers
-- are never given twice, because a hold names the event that opened it.
CREATE TABLE resident_event (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    resident_id INTEGER NOT NULL REFERENCES resident (id),
    code        TEXT NOT NULL,    -- 異動事由 01–59
    code_raw    TEXT NOT NULL,    -- as received
    happened_on TEXT NOT NULL,    -- as far as known
    import_id   INTEGER NOT NULL,
    at          TEXT NOT NULL,
    UNIQUE (resident_id, code, happened_on)
);
CREATE INDEX resident_event_import ON resident_event (import_id);
