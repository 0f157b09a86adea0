-- 庁内の連携ログ: what the booking service has to hear, numbered from 1 without
-- gaps. A series ends when the database was restored: the next one begins with 1
-- again. Bodies hold pseudonyms and words of closed lists only (package event).

CREATE TABLE office_event (
    series  INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    type    TEXT NOT NULL,             -- link.issue, day.closed …
    subject TEXT NOT NULL,             -- booking, pseudonym or window that it is about
    at      TEXT NOT NULL,
    body    TEXT NOT NULL,             -- JSON of what it says besides seq, t and at
    PRIMARY KEY (series, seq)
);
CREATE INDEX office_event_subject ON office_event (subject, series, seq);

-- One row while the database finds back after a restore: nothing may be said
-- until the booking service has answered with what it knows.
CREATE TABLE office_recovery (
    only  INTEGER PRIMARY KEY CHECK (only = 1),
    since TEXT NOT NULL
);
