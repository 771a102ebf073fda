-- Calls that try the address of a custom reward after it was published; one row for each address.
-- "call_at" NULL: nothing more is done, and "passed" tells how it ended. "version" is the program's
-- that brought the address.
CREATE TABLE fulfilment_tests (
    program_id  bigint  NOT NULL,
    reward_id   bigint  NOT NULL,
    version     integer NOT NULL,
    url         text    NOT NULL,
    call_at     timestamptz,
    attempts    integer NOT NULL DEFAULT 0,
    passed      boolean NOT NULL DEFAULT false,
    last_answer text,
    PRIMARY KEY (program_id, reward_id)
);
CREATE INDEX fulfilment_tests_due ON fulfilment_tests (program_id, call_at)
    WHERE call_at IS NOT NULL;
