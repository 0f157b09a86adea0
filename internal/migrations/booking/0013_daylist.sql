-- Lists of the next open day for the hour in which nothing else works: a PDF a
-- window, made in the evening before. Without personal data.

CREATE TABLE day_list (
    tenant    INTEGER NOT NULL REFERENCES tenant (tenant),
    day       TEXT NOT NULL,
    window_id TEXT NOT NULL,
    made_at   TEXT NOT NULL,
    visits    INTEGER NOT NULL,   -- in the list
    pdf       TEXT NOT NULL,      -- base64url
    PRIMARY KEY (tenant, day, window_id),
    FOREIGN KEY (tenant, window_id) REFERENCES office_window (tenant, window_id)
);
