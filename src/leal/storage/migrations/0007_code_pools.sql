-- Pools of voucher codes that a merchant uploads, one for each reward.
--
-- A pool is not a queue. Whoever takes the oldest code first has to step over all that were taken
-- before it until they are vacuumed away, and meets everybody else at the same place; so every code
-- has a place by chance, and a taker starts looking at a place by chance.

-- A row for each reward that ever had codes imported. Claims never touch it: that would make all
-- customers wait for one row. What was handed out is what was imported, less what was removed and
-- what is left. "warned_at" is set as long as a pool that runs low has been told of.
CREATE TABLE code_pools (
    program_id bigint      NOT NULL,
    reward_id  bigint      NOT NULL,
    imported   bigint      NOT NULL DEFAULT 0 CHECK (imported >= 0),
    removed    bigint      NOT NULL DEFAULT 0 CHECK (removed >= 0),
    low_at     integer     NOT NULL DEFAULT 100 CHECK (low_at >= 0),
    warned_at  timestamptz,
    PRIMARY KEY (program_id, reward_id)
);

-- The codes not handed out yet; taking one deletes it. A code is in one pool of a program at most;
-- shops fold the case of codes, so two that differ by nothing else are one.
-- "imported_at" tells the codes of one import from all others. Taken codes are dead rows: they are
-- vacuumed away early, because takers, and whoever looks if any are left, step over them.
CREATE TABLE pool_codes (
    program_id  bigint      NOT NULL,
    code        text        NOT NULL,
    code_key    text        GENERATED ALWAYS AS (upper(code)) STORED,
    reward_id   bigint      NOT NULL,
    place       integer     NOT NULL DEFAULT (random() * 2147483647)::integer,
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (program_id, code_key)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX pool_codes_by_place ON pool_codes (program_id, reward_id, place);

-- Whether the program handed out a code, to its customers or to their friends. Looked up one code at
-- a time, so that no plan comes to read all claims for a batch of codes.
CREATE FUNCTION leal_is_handed_out(p_program_id bigint, p_code text)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM claimed_rewards WHERE program_id = p_program_id AND code_key = upper(p_code)
    ) OR EXISTS (
        SELECT FROM referral_incentives
        WHERE program_id = p_program_id AND upper(code) = upper(p_code)
    );
END $$;

-- Puts codes into a reward's pool, those aside that are in a pool of the program or were handed out;
-- returns these. An insertion may have waited for one who was taking the same code, and looked
-- before that whether it was handed out; so it is asked again, before anybody sees the code.
CREATE FUNCTION leal_add_codes(
    p_program_id bigint, p_reward_id bigint, p_codes text[], p_now timestamptz)
RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_added text[];
BEGIN
    WITH added AS (
        INSERT INTO pool_codes (program_id, code, reward_id, imported_at)
        SELECT p_program_id, w.code, p_reward_id, p_now FROM unnest(p_codes) AS w (code)
        WHERE NOT leal_is_handed_out(p_program_id, w.code)
        ON CONFLICT DO NOTHING RETURNING code
    )
    SELECT array_agg(code) INTO v_added FROM added;
    WITH gone AS (
        DELETE FROM pool_codes WHERE program_id = p_program_id AND code_key = ANY (ARRAY(
            SELECT upper(w.code) FROM unnest(v_added) AS w (code)
            WHERE leal_is_handed_out(p_program_id, w.code)))
        RETURNING code
    )
    SELECT array_agg(w.code) INTO v_added FROM unnest(v_added) AS w (code)
    WHERE w.code NOT IN (SELECT code FROM gone);
    INSERT INTO code_pools AS p (program_id, reward_id, imported)
    VALUES (p_program_id, p_reward_id, coalesce(cardinality(v_added), 0))
    ON CONFLICT (program_id, reward_id) DO UPDATE SET imported = p.imported + excluded.imported;
    RETURN QUERY SELECT unnest(p_codes) EXCEPT SELECT unnest(v_added);
END $$;

-- Takes one code out of a reward's pool; NULL when none is left. Codes that others are taking at
-- this moment are passed over; when there are only such, it waits for the others to end, for one
-- that rolls back leaves its code to whoever waits. A code that was handed out by another way
-- meanwhile, such as one written down by hand, is dropped and another taken.
--
-- The settings keep its plan to the one good index, whatever the statistics said when it was made:
-- a plan made while the table was nearly empty would read all of it for each code later.
CREATE FUNCTION leal_take_code(p_program_id bigint, p_reward_id bigint)
RETURNS text LANGUAGE plpgsql SET enable_seqscan = off SET enable_sort = off AS $$
DECLARE
    v_from integer := (random() * 2147483647)::integer;
    v_code text;
BEGIN
    LOOP
        SELECT code INTO v_code FROM pool_codes
        WHERE program_id = p_program_id AND reward_id = p_reward_id AND place >= v_from
        ORDER BY place LIMIT 1 FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            SELECT code INTO v_code FROM pool_codes
            WHERE program_id = p_program_id AND reward_id = p_reward_id AND place < v_from
            ORDER BY place LIMIT 1 FOR UPDATE SKIP LOCKED;
        END IF;
        IF NOT FOUND THEN
            SELECT code INTO v_code FROM pool_codes
            WHERE program_id = p_program_id AND reward_id = p_reward_id
            ORDER BY place LIMIT 1 FOR UPDATE;
        END IF;
        IF FOUND THEN
            DELETE FROM pool_codes
            WHERE program_id = p_program_id AND code_key = upper(v_code);
            IF NOT leal_is_handed_out(p_program_id, v_code) THEN
                RETURN v_code;
            END IF;
        ELSIF NOT EXISTS (
            SELECT FROM pool_codes WHERE program_id = p_program_id AND reward_id = p_reward_id
        ) THEN
            RETURN NULL;
        END IF;
    END LOOP;
END $$;

-- How many codes a pool has left, counting no further than p_most. In the order of the index, so
-- that no plan reads the table.
CREATE FUNCTION leal_codes_left(p_program_id bigint, p_reward_id bigint, p_most integer)
RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM (
        SELECT place FROM pool_codes
        WHERE program_id = p_program_id AND reward_id = p_reward_id
        ORDER BY place LIMIT p_most
    ) AS nearest
$$;

-- Tells of a pool with fewer than low_at codes left, once until it was filled up again.
CREATE FUNCTION leal_warn_low(p_program_id bigint, p_reward_id bigint, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_low_at integer;
    v_left   bigint;
    v_id     bigint;
BEGIN
    SELECT low_at INTO v_low_at FROM code_pools
    WHERE program_id = p_program_id AND reward_id = p_reward_id;
    v_left := leal_codes_left(p_program_id, p_reward_id, v_low_at);
    IF v_low_at IS NULL OR v_left >= v_low_at THEN
        UPDATE code_pools SET warned_at = NULL
        WHERE program_id = p_program_id AND reward_id = p_reward_id AND warned_at IS NOT NULL;
        RETURN false;
    END IF;
    UPDATE code_pools SET warned_at = p_now
    WHERE program_id = p_program_id AND reward_id = p_reward_id AND warned_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    v_id := nextval('events_event_id_seq');
    INSERT INTO events (program_id, event_id, customer_id, topic, payload, created_at, settles)
    VALUES (p_program_id, v_id, NULL, 'rewards/low_stock',
        json_build_object('reward_id', p_reward_id, 'left', v_left, 'low_at', v_low_at), p_now,
        leal_settles());
    RETURN true;
END $$;
