-- Points by day, and under which version of the program each thing happened.

-- What the ledger's entries moved, by the day they were posted on in the zone of the primary site.
-- Saves never touch these rows (all customers of a program would wait for the one of today): a job
-- adds entries up some minutes later, each exactly once, and what it has not reached yet is read
-- from the ledger itself.
CREATE TABLE points_daily (
    program_id          bigint NOT NULL,
    day                 date   NOT NULL,
    earned              numeric NOT NULL,
    earned_reversed     numeric NOT NULL,
    redeemed            numeric NOT NULL,
    redeemed_reimbursed numeric NOT NULL,
    expired             numeric NOT NULL,
    PRIMARY KEY (program_id, day)
);

-- The last transaction that is added up in points_daily.
CREATE TABLE points_daily_ends (
    program_id     bigint NOT NULL PRIMARY KEY,
    transaction_id bigint NOT NULL
);

ALTER TABLE history ADD COLUMN program_version integer;
