-- Requests that must have one effect however often they are sent, and customers who are erased.

-- What was answered to requests with an Idempotency-Key. "key_hash" is the SHA-256 of whose key it
-- is, of the method, the path and the key; "request_hash" of the query and the body, NULL once the
-- answer was erased: then it is told to whatever is sent. Without a status the request still runs:
-- "run_id" is whose run it is, which others leave alone until "held_until"; "reserved" is what it
-- set aside before it went outside, for whoever goes on with it after a crash.
-- "customer_ids" are those the answer may tell of.
CREATE TABLE idempotency_keys (
    program_id   bigint      NOT NULL,
    key_hash     bytea       NOT NULL,
    request_hash bytea,
    run_id       uuid        NOT NULL,
    held_until   timestamptz,
    reserved     bigint,
    status       smallint    CHECK (status BETWEEN 200 AND 499),
    headers      json,
    body         bytea,
    customer_ids bigint[]    NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (program_id, key_hash),
    CONSTRAINT answered_or_running CHECK (
        (status IS NULL) = (headers IS NULL) AND (status IS NULL) = (body IS NULL)
        AND (status IS NULL) = (held_until IS NOT NULL))
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (program_id, created_at);
CREATE INDEX idempotency_keys_of_customer ON idempotency_keys USING gin (customer_ids);

-- Looks up what was answered, and keeps others from running the same until the transaction ends.
-- Not one plain statement: each one here sees what was committed before it, and so whoever gets the
-- lock sees what its last holder left. Answers "busy", "other" (the key was used for another
-- request), "kept", "resumed" (a run that was cut short; it is this one's now) or "new".
CREATE FUNCTION leal_begin_once(
    p_program_id bigint, p_key_hash bytea, p_lock bigint, p_request_hash bytea, p_run_id uuid,
    p_now timestamptz, p_held_until timestamptz,
    OUT outcome text, OUT status smallint, OUT headers json, OUT body bytea, OUT reserved bigint)
LANGUAGE plpgsql AS $$
DECLARE
    k idempotency_keys;
BEGIN
    SELECT * INTO k FROM idempotency_keys i
    WHERE i.program_id = p_program_id AND i.key_hash = p_key_hash;
    IF k.status IS NULL THEN
        IF NOT pg_try_advisory_xact_lock(p_lock) THEN
            outcome := 'busy';
            RETURN;
        END IF;
        SELECT * INTO k FROM idempotency_keys i
        WHERE i.program_id = p_program_id AND i.key_hash = p_key_hash;
    END IF;
    IF k.program_id IS NULL THEN
        outcome := 'new';
    ELSIF k.request_hash <> p_request_hash THEN
        outcome := 'other';
    ELSIF k.status IS NOT NULL THEN
        outcome := 'kept';
        status := k.status;
        headers := k.headers;
        body := k.body;
    ELSIF k.held_until > p_now AND k.run_id <> p_run_id THEN
        outcome := 'busy';
    ELSE
        UPDATE idempotency_keys i SET run_id = p_run_id, held_until = p_held_until
        WHERE i.program_id = p_program_id AND i.key_hash = p_key_hash;
        outcome := 'resumed';
        reserved := k.reserved;
    END IF;
END $$;

-- `leal_save` within a transaction that goes on afterwards: a stale change is NULL here too where
-- the other raises an error, which would take all that was done before it along.
CREATE FUNCTION leal_try_save(
    p_program_id bigint, p_customer_id bigint, p_version bigint, p_change json)
RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    RETURN leal_save(p_program_id, p_customer_id, p_version, p_change);
EXCEPTION WHEN unique_violation OR SQLSTATE 'LS002' THEN
    RETURN NULL;
END $$;

-- The same for what is done by hand and noted.
CREATE FUNCTION leal_try_save_noted(
    p_program_id bigint, p_customer_id bigint, p_version bigint, p_change json, p_deed json)
RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    RETURN leal_save_noted(p_program_id, p_customer_id, p_version, p_change, p_deed);
EXCEPTION WHEN unique_violation OR SQLSTATE 'LS002' THEN
    RETURN NULL;
END $$;

-- When a customer was erased: nothing of the person is left, and nothing is given to them any more.
ALTER TABLE customers ADD COLUMN erased_at timestamptz;
