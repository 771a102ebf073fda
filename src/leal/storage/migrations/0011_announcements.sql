-- What customers are told of that nobody did: that something is within reach, or about to end.

-- When a customer was last told of a topic; "subject" tells apart what they are told of each.
CREATE TABLE announcements (
    program_id  bigint      NOT NULL,
    customer_id bigint      NOT NULL,
    topic       text        NOT NULL,
    subject     bigint      NOT NULL,
    told_at     timestamptz NOT NULL,
    PRIMARY KEY (program_id, customer_id, topic, subject)
);

-- Tells a customer of a topic with an event, unless they were told within p_again (NULL: ever).
CREATE FUNCTION leal_announce(
    p_program_id bigint, p_customer_id bigint, p_topic text, p_subject bigint, p_payload json,
    p_again interval, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
BEGIN
    INSERT INTO announcements AS a (program_id, customer_id, topic, subject, told_at)
    VALUES (p_program_id, p_customer_id, p_topic, p_subject, p_now)
    ON CONFLICT (program_id, customer_id, topic, subject)
    DO UPDATE SET told_at = excluded.told_at WHERE a.told_at <= p_now - p_again;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    v_id := nextval('events_event_id_seq');
    INSERT INTO events (
        program_id, event_id, customer_id, topic, payload, created_at, claimed_reward_id, settles)
    VALUES (
        p_program_id, v_id, p_customer_id, p_topic, p_payload, p_now, nullif(p_subject, 0),
        leal_settles());
    RETURN true;
END $$;

-- What was earned before there were announcements is not announced.
INSERT INTO job_cursors (program_id, kind, position)
SELECT program_id, 'announcements', max(event_id)::text::json FROM events GROUP BY program_id;
