-- Friends that customers send: who sent whom, what friends were promised, and how links are used.

-- A friend's first order makes the referral, whether it earns anything or not: one row for each
-- friend, known by their address, or by their account where there is none.
CREATE TABLE referrals (
    program_id  bigint      NOT NULL,
    friend_key  text        NOT NULL,
    friend_id   bigint,
    referrer_id bigint      NOT NULL,
    order_id    bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (program_id, friend_key)
);
CREATE INDEX referrals_of_order ON referrals (program_id, order_id);
CREATE INDEX referrals_of_referrer ON referrals (program_id, referrer_id, created_at);

-- What a friend got for coming: one code for each friend of each link. "made_at" is missing while
-- the shop that keeps the vouchers has not said that it has this one: it is not given before.
CREATE TABLE referral_incentives (
    program_id  bigint      NOT NULL,
    referral_id text        NOT NULL,
    friend_key  text        NOT NULL,
    code        text        NOT NULL,
    ip_address  text        NOT NULL,
    expires_at  timestamptz,
    created_at  timestamptz NOT NULL,
    made_at     timestamptz,
    PRIMARY KEY (program_id, referral_id, friend_key)
);
CREATE UNIQUE INDEX referral_incentives_by_code ON referral_incentives (program_id, upper(code));

-- Who sends friends without being a customer. Whoever becomes one under the address keeps the link.
CREATE TABLE referral_guests (
    program_id  bigint      NOT NULL,
    email_key   text        NOT NULL,
    email       text        NOT NULL,
    first_name  text        NOT NULL,
    ip_address  text        NOT NULL,
    referral_id text        NOT NULL,
    site_id     bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (program_id, email_key)
);
CREATE UNIQUE INDEX referral_guests_by_referral_id ON referral_guests (program_id, referral_id);
CREATE INDEX referral_guests_by_link ON referral_guests (referral_id);

-- How often links were followed and shared, by day (UTC) and channel.
CREATE TABLE referral_traffic (
    program_id  bigint NOT NULL,
    referral_id text   NOT NULL,
    day         date   NOT NULL,
    channel     text   NOT NULL,
    clicks      bigint NOT NULL DEFAULT 0,
    shares      bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (program_id, referral_id, day, channel)
);

-- Addresses with a `+` by the form in which friends are compared; the others are that form already.
CREATE INDEX customers_by_folded_email ON customers
    (program_id, (split_part(split_part(email_key, '@', 1), '+', 1) || '@'
        || split_part(email_key, '@', 2)))
    WHERE email_key LIKE '%+%';
CREATE INDEX orders_by_folded_email ON orders
    (program_id, (split_part(split_part(email_key, '@', 1), '+', 1) || '@'
        || split_part(email_key, '@', 2)))
    WHERE customer_id IS NULL AND email_key LIKE '%+%';
-- Orders that came through the link of somebody who may become a customer later.
CREATE INDEX orders_by_referral_id ON orders (program_id, referral_id)
    WHERE referral_id IS NOT NULL;

-- When a birthday was told: one that is told on the day itself is rewarded the next time.
ALTER TABLE customers ADD COLUMN birthday_set_at timestamptz;

-- How many members were in each tier (0: there are no tiers) at the end of a day in the zone of the
-- primary site. A day that no worker saw the end of has no rows.
CREATE TABLE members_daily (
    program_id bigint NOT NULL,
    day        date   NOT NULL,
    tier_id    bigint NOT NULL,
    members    bigint NOT NULL,
    PRIMARY KEY (program_id, day, tier_id)
);

-- A link names no program: whoever follows it is led by the code alone.
CREATE INDEX customers_by_link ON customers (referral_id);
-- Memberships by the moment they end.
CREATE INDEX customers_by_tier_end ON customers (program_id, tier_expires_at, customer_id)
    WHERE tier_expires_at IS NOT NULL;
-- Birthdays by the day of the year.
CREATE INDEX customers_by_birthday ON customers (program_id, birth_month, birth_day, customer_id)
    WHERE birth_month IS NOT NULL AND enrolled_at IS NOT NULL;

-- Sets a friend's code aside, the one they have already if they come again. p_code NULL takes one
-- of the pool, which is good at once, as is any with p_made_at. Answers the code and whether it is
-- good; a code NULL when the pool is empty.
CREATE FUNCTION leal_give_incentive(
    p_program_id bigint, p_referral_id text, p_friend_key text, p_code text, p_pool bigint,
    p_ip_address text, p_expires_at timestamptz, p_made_at timestamptz, p_now timestamptz,
    OUT code text, OUT is_made boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_code text;
    v_made timestamptz := p_made_at;
BEGIN
    -- who comes second waits here for the first, so that no code is taken for nothing
    PERFORM pg_advisory_xact_lock(
        hashtextextended(p_program_id || ':' || p_referral_id || ':' || p_friend_key, 0));
    SELECT i.code, i.made_at INTO v_code, v_made FROM referral_incentives i
    WHERE i.program_id = p_program_id AND i.referral_id = p_referral_id
        AND i.friend_key = p_friend_key;
    IF NOT FOUND THEN
        v_made := CASE WHEN p_code IS NULL THEN p_now ELSE p_made_at END;
        v_code := coalesce(p_code, leal_take_code(p_program_id, p_pool));
        IF v_code IS NULL THEN
            RETURN;
        END IF;
        INSERT INTO referral_incentives (
            program_id, referral_id, friend_key, code, ip_address, expires_at, created_at, made_at)
        VALUES (
            p_program_id, p_referral_id, p_friend_key, v_code, p_ip_address, p_expires_at, p_now,
            v_made);
    END IF;
    code := v_code;
    is_made := v_made IS NOT NULL;
END $$;

-- The one way a customer changes. The whole change arrives as one JSON value and is applied in one
-- statement, only if the customer's version is still the one that was loaded.
--
-- p_change: {"customer": {...}, "order": {...}, "claims": [...], "changed_claims": [...],
--            "uses": [...], "history": [...], "changed_history": [...], "transactions": [...],
--            "counters": [...], "progress": [...], "events": [...], "stock": [...], "ids": [...]};
-- absent parts are not touched.
-- New history rows and claims are numbered -1, -2, ... within a change; others refer to them so.
-- Answers NULL when the change is stale (or, for a new customer, when someone else came first),
-- else {"customer_id": n, "claims": [new ids], "codes": [theirs], "order_id": n}. A stale order inside a change raises unique_violation, and a shelf or a pool that
-- was emptied meanwhile raises LS002, so that nothing of the change remains.
--
-- Rows are written one INSERT ... VALUES at a time: on a distributed database each is routed to its
-- shard, where a set-based insert would be planned across all of them.

-- Every id is drawn before the one "settles" that all new rows of the change share.
CREATE OR REPLACE FUNCTION leal_save(p_program_id bigint, p_customer_id bigint, p_version bigint, p_change json)
RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    c            record;
    r            record;
    l            json;
    v_customer   bigint := p_customer_id;
    v_id         bigint;
    v_claims     bigint[];
    v_codes      text[] := '{}';
    v_code       text;
    v_history    bigint[];
    v_postings   bigint[];
    v_events     bigint[];
    v_settles    xid8;
    v_at         integer;
    v_history_id bigint;
    v_claim_id   bigint;
    v_points     bigint;
    v_order      bigint;
BEGIN
    SELECT * INTO c FROM json_to_record(p_change -> 'customer') AS x(
        site_id bigint, merchant_id text, email text, email_key text, first_name text,
        last_name text, properties json, metadata json, blocked boolean, enrolled_at timestamptz,
        points_approved bigint, points_pending bigint, points_spent bigint,
        rewards_claimed integer, rewards_used integer, lifetime_points bigint,
        lifetime_spend bigint, lifetime_orders integer, tier_id integer,
        tier_started_at timestamptz, tier_expires_at timestamptz, tier_manual boolean,
        birth_year smallint, birth_month smallint, birth_day smallint,
        birthday_set_at timestamptz, email_consent text,
        sms_consent text, referral_id text, referred_by bigint, linked_merchant_ids text[],
        created_at timestamptz, updated_at timestamptz);

    IF v_customer IS NULL THEN
        PERFORM pg_current_xact_id();
        v_customer := nextval('customers_customer_id_seq');
    END IF;

    -- First, for whoever was given the same id at the same moment waits here for the first.
    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_change -> 'ids', '[]')) AS x(
        merchant_id text, site_id bigint)
    LOOP
        INSERT INTO customer_ids (program_id, merchant_id, site_id, customer_id)
        VALUES (p_program_id, r.merchant_id, r.site_id, v_customer) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    END LOOP;

    IF p_customer_id IS NOT NULL THEN
        UPDATE customers SET
            version = p_version + 1, site_id = c.site_id, merchant_id = c.merchant_id,
            email = c.email, email_key = c.email_key, first_name = c.first_name,
            last_name = c.last_name, properties = c.properties, metadata = c.metadata,
            blocked = c.blocked, enrolled_at = c.enrolled_at, points_approved = c.points_approved,
            points_pending = c.points_pending, points_spent = c.points_spent,
            rewards_claimed = c.rewards_claimed, rewards_used = c.rewards_used,
            lifetime_points = c.lifetime_points, lifetime_spend = c.lifetime_spend,
            lifetime_orders = c.lifetime_orders, tier_id = c.tier_id,
            tier_started_at = c.tier_started_at, tier_expires_at = c.tier_expires_at,
            tier_manual = c.tier_manual, birth_year = c.birth_year, birth_month = c.birth_month,
            birth_day = c.birth_day, birthday_set_at = c.birthday_set_at, email_consent = c.email_consent, sms_consent = c.sms_consent,
            linked_merchant_ids = c.linked_merchant_ids,
            referred_by = c.referred_by, updated_at = c.updated_at
        WHERE program_id = p_program_id AND customer_id = p_customer_id AND version = p_version;
        IF NOT FOUND THEN
            PERFORM leal_forget_ids(p_program_id, v_customer, p_change -> 'ids');
            RETURN NULL;
        END IF;
    END IF;

    v_claims := leal_draw('claimed_rewards_claimed_reward_id_seq', p_change -> 'claims');
    v_history := leal_draw('history_history_id_seq', p_change -> 'history');
    v_postings := leal_draw('transactions_transaction_id_seq', p_change -> 'transactions');
    v_events := leal_draw('events_event_id_seq', p_change -> 'events');
    v_settles := leal_settles();

    IF p_customer_id IS NULL THEN
        INSERT INTO customers (
            program_id, customer_id, site_id, merchant_id, email, email_key, first_name, last_name,
            properties, metadata, blocked, enrolled_at, points_approved, points_pending,
            points_spent, rewards_claimed, rewards_used, lifetime_points, lifetime_spend,
            lifetime_orders, tier_id, tier_started_at, tier_expires_at, tier_manual, birth_year,
            birth_month, birth_day, birthday_set_at, email_consent, sms_consent, referral_id, referred_by,
            created_at, updated_at, settles)
        VALUES (
            p_program_id, v_customer, c.site_id, c.merchant_id, c.email, c.email_key, c.first_name,
            c.last_name, c.properties, c.metadata, c.blocked, c.enrolled_at, c.points_approved,
            c.points_pending, c.points_spent, c.rewards_claimed, c.rewards_used, c.lifetime_points,
            c.lifetime_spend, c.lifetime_orders, c.tier_id, c.tier_started_at, c.tier_expires_at,
            c.tier_manual, c.birth_year, c.birth_month, c.birth_day, c.birthday_set_at, c.email_consent,
            c.sms_consent, c.referral_id, c.referred_by, c.created_at, c.updated_at, v_settles)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            PERFORM leal_forget_ids(p_program_id, v_customer, p_change -> 'ids');
            RETURN NULL;
        END IF;
        -- a guest whose link brought orders is a customer now: who sent their buyers is known
        UPDATE orders SET follow_up_due = true, version = version + 1
        WHERE program_id = p_program_id AND referral_id = c.referral_id AND NOT follow_up_due;
    END IF;

    IF p_change -> 'order' IS NOT NULL THEN
        v_order := leal_save_order(p_program_id, v_customer, p_change -> 'order');
        IF v_order IS NULL THEN
            RAISE EXCEPTION 'the order was changed by someone else'
                USING ERRCODE = 'unique_violation';
        END IF;
    END IF;

    v_at := 0;
    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_change -> 'claims', '[]')) AS x(
        reward_id bigint, kind text, title text, state text, source text, source_id bigint,
        site_id bigint, points_cost bigint, paid_lots json, code text, from_pool boolean,
        terms json, claimed_at timestamptz, auto_refund_at timestamptz, expires_at timestamptz,
        balance_minor bigint, cart_id text, redemption_id text, fulfilment text,
        fulfilled_at timestamptz, usage_order text, session json, subscription json, store text,
        settle_by timestamptz, from_shelf boolean)
    LOOP
        v_at := v_at + 1;
        v_id := v_claims[v_at];
        v_code := CASE WHEN r.from_pool THEN leal_hand_out(p_program_id, r.reward_id)
                       ELSE r.code END;
        v_codes := v_codes || v_code;
        INSERT INTO claimed_rewards (
            program_id, claimed_reward_id, customer_id, reward_id, kind, title, state, source,
            source_id, site_id, points_cost, paid_lots, code, terms, claimed_at, auto_refund_at,
            expires_at, balance_minor, cart_id, redemption_id, fulfilment, fulfilled_at,
            usage_order, session, subscription, store, settle_by, from_shelf, settles)
        VALUES (
            p_program_id, v_id, v_customer, r.reward_id, r.kind, r.title, r.state, r.source,
            r.source_id, r.site_id, r.points_cost, r.paid_lots, v_code, r.terms, r.claimed_at,
            r.auto_refund_at, r.expires_at, r.balance_minor, r.cart_id, r.redemption_id,
            r.fulfilment, r.fulfilled_at, r.usage_order, r.session, r.subscription, r.store,
            r.settle_by, r.from_shelf, v_settles);
        IF r.fulfilment = 'webhook' THEN
            INSERT INTO fulfilment_calls (program_id, claimed_reward_id, call_at)
            VALUES (p_program_id, v_id, r.claimed_at);
        END IF;
    END LOOP;

    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_change -> 'changed_claims', '[]')) AS x(
        id bigint, reward_id bigint, state text, points_refunded bigint, code text,
        from_pool boolean, auto_refund_at timestamptz, expires_at timestamptz,
        used_at timestamptz, usage_status text, balance_minor bigint, fulfilled_at timestamptz,
        settle_by timestamptz)
    LOOP
        v_code := CASE WHEN r.from_pool THEN leal_hand_out(p_program_id, r.reward_id)
                       ELSE r.code END;
        UPDATE claimed_rewards SET
            state = r.state, points_refunded = r.points_refunded, code = v_code,
            auto_refund_at = r.auto_refund_at, expires_at = r.expires_at, used_at = r.used_at,
            usage_status = r.usage_status, balance_minor = r.balance_minor,
            fulfilled_at = r.fulfilled_at, settle_by = r.settle_by
        WHERE program_id = p_program_id AND claimed_reward_id = r.id;
    END LOOP;

    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_change -> 'uses', '[]')) AS x(
        claimed_reward_id bigint, use json, struck boolean)
    LOOP
        IF r.struck THEN
            DELETE FROM claim_uses
            WHERE program_id = p_program_id AND claimed_reward_id = r.claimed_reward_id
                AND key = r.use ->> 'key';
        ELSE
            INSERT INTO claim_uses (
                program_id, claimed_reward_id, key, reference, order_id, amount_minor, used_at,
                ignored)
            VALUES (
                p_program_id, r.claimed_reward_id, r.use ->> 'key', r.use ->> 'reference',
                (r.use ->> 'order_id')::bigint, (r.use ->> 'amount_minor')::bigint,
                (r.use ->> 'used_at')::timestamptz, (r.use ->> 'ignored')::boolean)
            ON CONFLICT (program_id, claimed_reward_id, key)
            DO UPDATE SET order_id = excluded.order_id, amount_minor = excluded.amount_minor,
                ignored = excluded.ignored;
        END IF;
    END LOOP;

    v_at := 0;
    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_change -> 'history', '[]')) AS x(
        kind text, state text, happened_at timestamptz, points bigint, rule_id bigint,
        rule_kind text, reward_id bigint, reward_kind text, claimed_reward_id bigint,
        tier_id integer, order_id bigint, site_id bigint, title text, reason text, source text,
        approve_at timestamptz, expires_at timestamptz, program_version integer)
    LOOP
        v_at := v_at + 1;
        v_id := v_history[v_at];
        v_claim_id := CASE WHEN r.claimed_reward_id < 0 THEN v_claims[-r.claimed_reward_id]
                           ELSE r.claimed_reward_id END;
        INSERT INTO history (
            program_id, history_id, customer_id, kind, state, happened_at, points, rule_id,
            rule_kind, reward_id, reward_kind, claimed_reward_id, tier_id, order_id, site_id,
            title, reason, source, approve_at, expires_at, program_version, updated_at, settles)
        VALUES (
            p_program_id, v_id, v_customer, r.kind, r.state, r.happened_at, r.points, r.rule_id,
            r.rule_kind, r.reward_id, r.reward_kind, v_claim_id, r.tier_id,
            CASE WHEN r.order_id < 0 THEN v_order ELSE r.order_id END, r.site_id, r.title,
            r.reason, r.source, r.approve_at, r.expires_at, r.program_version, c.updated_at,
            v_settles);
    END LOOP;

    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_change -> 'changed_history', '[]')) AS x(
        id bigint, state text, points bigint, approve_at timestamptz, expires_at timestamptz)
    LOOP
        UPDATE history SET
            state = r.state, points = r.points, approve_at = r.approve_at,
            expires_at = r.expires_at, updated_at = c.updated_at
        WHERE program_id = p_program_id AND history_id = r.id;
    END LOOP;

    v_at := 0;
    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_change -> 'transactions', '[]')) AS x(
        history_id bigint, claimed_reward_id bigint, resource text, cause text,
        points_approved bigint, points_pending bigint, points_spent bigint, lots json,
        created_at timestamptz)
    LOOP
        v_at := v_at + 1;
        v_id := v_postings[v_at];
        v_history_id := CASE WHEN r.history_id < 0 THEN v_history[-r.history_id]
                             ELSE r.history_id END;
        v_claim_id := CASE WHEN r.claimed_reward_id < 0 THEN v_claims[-r.claimed_reward_id]
                           ELSE r.claimed_reward_id END;
        INSERT INTO transactions (
            program_id, transaction_id, customer_id, history_id, claimed_reward_id, resource,
            cause, points_approved, points_pending, points_spent, lots, created_at, settles)
        VALUES (
            p_program_id, v_id, v_customer, v_history_id, v_claim_id, r.resource, r.cause,
            r.points_approved, r.points_pending, r.points_spent, r.lots, r.created_at,
            v_settles);
        FOR l IN SELECT * FROM json_array_elements(r.lots) LOOP
            v_points := (l ->> 1)::bigint;
            IF v_points < 0 THEN
                UPDATE lots SET remaining = remaining + v_points
                WHERE program_id = p_program_id AND customer_id = v_customer
                    AND expires_at = (l ->> 0)::timestamptz;
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'points taken from a lot that does not exist'
                        USING ERRCODE = 'integrity_constraint_violation';
                END IF;
            ELSE
                INSERT INTO lots (program_id, customer_id, expires_at, remaining)
                VALUES (p_program_id, v_customer, (l ->> 0)::timestamptz, v_points)
                ON CONFLICT (program_id, customer_id, expires_at)
                DO UPDATE SET remaining = lots.remaining + excluded.remaining;
            END IF;
        END LOOP;
    END LOOP;

    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_change -> 'counters', '[]')) AS x(
        subject text, subject_id bigint, total integer, day integer, week integer, month integer,
        year integer, last_at timestamptz)
    LOOP
        INSERT INTO counters (
            program_id, customer_id, subject, subject_id, total, day, week, month, year, last_at)
        VALUES (
            p_program_id, v_customer, r.subject, r.subject_id, r.total, r.day, r.week, r.month,
            r.year, r.last_at)
        ON CONFLICT (program_id, customer_id, subject, subject_id)
        DO UPDATE SET total = excluded.total, day = excluded.day, week = excluded.week,
            month = excluded.month, year = excluded.year, last_at = excluded.last_at;
    END LOOP;

    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_change -> 'progress', '[]')) AS x(
        earned_on date, points bigint, spend bigint, orders integer)
    LOOP
        INSERT INTO progress (program_id, customer_id, earned_on, points, spend, orders)
        VALUES (p_program_id, v_customer, r.earned_on, r.points, r.spend, r.orders)
        ON CONFLICT (program_id, customer_id, earned_on)
        DO UPDATE SET points = progress.points + excluded.points,
            spend = progress.spend + excluded.spend, orders = progress.orders + excluded.orders;
    END LOOP;

    v_at := 0;
    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_change -> 'events', '[]')) AS x(
        topic text, payload json, created_at timestamptz, claimed_reward_id bigint,
        history_id bigint)
    LOOP
        v_at := v_at + 1;
        v_id := v_events[v_at];
        INSERT INTO events (
            program_id, event_id, customer_id, topic, payload, created_at, claimed_reward_id,
            history_id, settles)
        VALUES (
            p_program_id, v_id, v_customer, r.topic, r.payload, r.created_at,
            CASE WHEN r.claimed_reward_id < 0 THEN v_claims[-r.claimed_reward_id]
                 ELSE r.claimed_reward_id END,
            CASE WHEN r.history_id < 0 THEN v_history[-r.history_id] ELSE r.history_id END,
            v_settles);
    END LOOP;

    -- Last, for all who claim the same product wait for one another here; in one order for all.
    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_change -> 'stock', '[]')) AS x(
        reward_id bigint, variant_id text, given bigint, "limit" bigint)
        ORDER BY reward_id, variant_id
    LOOP
        INSERT INTO reward_stock (program_id, reward_id, variant_id, given)
        VALUES (p_program_id, r.reward_id, r.variant_id, greatest(r.given, 0))
        ON CONFLICT (program_id, reward_id, variant_id)
        DO UPDATE SET given = greatest(reward_stock.given + r.given, 0)
            WHERE r.given < 0 OR reward_stock.given < r."limit";
        IF NOT FOUND THEN
            RAISE EXCEPTION 'none is left of variant % of reward %', r.variant_id, r.reward_id
                USING ERRCODE = 'LS002';
        END IF;
    END LOOP;

    RETURN json_build_object(
        'customer_id', v_customer, 'claims', v_claims, 'codes', v_codes, 'order_id', v_order);
END $$;
