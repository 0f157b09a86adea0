-- Mails on their way. Address and text are sealed, and erased as soon as the
-- server has taken the mail or refused it for good; what is left says that there
-- was one.

CREATE TABLE mail_out (
    tenant     INTEGER NOT NULL REFERENCES tenant (tenant),
    mail_id    TEXT NOT NULL,      -- ULID
    booking_id TEXT NOT NULL,      -- '' for a mail about no booking
    kind       TEXT NOT NULL,      -- booked, changed, cancelled …
    lang       TEXT NOT NULL,      -- of the text
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'rejected', 'unknown', 'limited')),
    receiver   TEXT NOT NULL,      -- keyed hash of the address, for the limit of a day; '' afterwards
    sealed     TEXT NOT NULL,      -- class personal: address, subject and text, '' when done
    tries      INTEGER NOT NULL,
    next_at    TEXT NOT NULL,      -- not before this instant
    made_at    TEXT NOT NULL,
    done_at    TEXT NOT NULL,      -- '' while waiting
    answer     TEXT NOT NULL,      -- code of the server's last answer, such as 250, 550 or 550 5.1.1
    PRIMARY KEY (tenant, mail_id)
);
CREATE INDEX mail_out_due ON mail_out (tenant, next_at) WHERE state = 'waiting';
CREATE INDEX mail_out_receiver ON mail_out (tenant, receiver, made_at) WHERE receiver <> '';
CREATE INDEX mail_out_booking ON mail_out (tenant, booking_id, mail_id);

-- Residents whom somebody has to call, because no mail reaches them.
CREATE TABLE phone_task (
    tenant     INTEGER NOT NULL REFERENCES tenant (tenant),
    task_id    TEXT NOT NULL,      -- ULID
    booking_id TEXT NOT NULL,
    kind       TEXT NOT NULL,      -- of the mail that they did not get
    reason     TEXT NOT NULL CHECK (reason IN ('rejected', 'unknown', 'limited', 'no_mail', 'asked')),
    made_at    TEXT NOT NULL,
    done_at    TEXT NOT NULL,      -- '' while open
    done_by    TEXT NOT NULL,      -- staff id
    PRIMARY KEY (tenant, task_id)
);
CREATE INDEX phone_task_open ON phone_task (tenant, task_id) WHERE done_at = '';
