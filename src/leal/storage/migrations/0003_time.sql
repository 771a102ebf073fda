-- Time: programs with a clock of their own, points that expire, and what background work remembers.

-- A sandbox's time runs ahead of the wall clock by so many seconds, never behind it.
ALTER TABLE programs
    ADD COLUMN sandbox              boolean NOT NULL DEFAULT false,
    ADD COLUMN clock_offset_seconds bigint  NOT NULL DEFAULT 0 CHECK (clock_offset_seconds >= 0);
ALTER TABLE programs ADD CONSTRAINT only_sandboxes_have_a_clock
    CHECK (sandbox OR clock_offset_seconds = 0);

-- Lots by the day they expire. "remaining" is left out on purpose: it changes with every award and
-- every purchase, which an index on it would make dearer; empty lots that are over are removed.
CREATE INDEX lots_by_expiry ON lots (program_id, expires_at, customer_id);

-- Who was warned that points expire at an instant: each customer and instant once.
CREATE TABLE expiry_notices (
    program_id  bigint      NOT NULL,
    customer_id bigint      NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (program_id, customer_id, expires_at)
);

-- Warns a customer: notes it and writes the event, or neither when it was done before.
CREATE FUNCTION leal_notice(
    p_program_id bigint, p_customer_id bigint, p_expires_at timestamptz, p_topic text,
    p_payload json, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
BEGIN
    INSERT INTO expiry_notices (program_id, customer_id, expires_at)
    VALUES (p_program_id, p_customer_id, p_expires_at) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    v_id := nextval('events_event_id_seq');
    INSERT INTO events (program_id, event_id, customer_id, topic, payload, created_at, settles)
    VALUES (p_program_id, v_id, p_customer_id, p_topic, p_payload, p_now,
        leal_settles());
    RETURN true;
END $$;

-- How far a kind of background work has come in a program; its own words, as JSON.
CREATE TABLE job_cursors (
    program_id bigint NOT NULL,
    kind       text   NOT NULL,
    position   json   NOT NULL,
    PRIMARY KEY (program_id, kind)
);

-- What each kind of background work did last in a program, and in all. Wall-clock times. "part"
-- tells apart the parts of a program's work that run beside one another.
CREATE TABLE job_runs (
    program_id   bigint      NOT NULL,
    kind         text        NOT NULL,
    part         integer     NOT NULL,
    started_at   timestamptz NOT NULL,
    duration_ms  bigint      NOT NULL,
    done         bigint      NOT NULL,
    runs         bigint      NOT NULL DEFAULT 1,
    done_in_all  bigint      NOT NULL,
    failures     bigint      NOT NULL,
    last_failure text,
    failed_at    timestamptz,
    PRIMARY KEY (program_id, kind, part)
) WITH (fillfactor = 80);
