-- The database was put back to an older state and asks the office what it has
-- forgotten. While the answer is awaited nothing is said to the office.
CREATE TABLE recovery (
    tenant   INTEGER PRIMARY KEY REFERENCES tenant (tenant),
    was      TEXT NOT NULL,                   -- epoch of the log before
    head     INTEGER NOT NULL,                -- its last number that this database knows
    since    TEXT NOT NULL,
    answered TEXT NOT NULL,                   -- '' while the answer is awaited; then somebody compares the counts
    links    INTEGER NOT NULL,                -- counts of the answer
    bookings INTEGER NOT NULL,
    days     INTEGER NOT NULL
);
