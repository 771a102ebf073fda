-- Claimed rewards: what becomes of them after the claim, and what is given away.

-- "site_id" is where it was claimed; "paid_lots" are the lots its points came from, as
-- [[expires_at, points], ...], and "points_refunded" of them went back. "redemption_id" marks the
-- line of the cart that holds a free product. While "settle_by" is set, the voucher store "store"
-- still has to say that it made the voucher, or took it back.
ALTER TABLE claimed_rewards
    ADD COLUMN site_id         bigint,
    ADD COLUMN points_refunded points NOT NULL DEFAULT 0,
    ADD COLUMN paid_lots       json   NOT NULL DEFAULT '[]',
    ADD COLUMN balance_minor   points,
    ADD COLUMN cart_id         text,
    ADD COLUMN redemption_id   text,
    ADD COLUMN fulfilment      text,
    ADD COLUMN fulfilled_at    timestamptz,
    ADD COLUMN usage_order     text,
    ADD COLUMN session         json,
    ADD COLUMN subscription    json,
    ADD COLUMN store           text,
    ADD COLUMN settle_by       timestamptz,
    ADD COLUMN from_shelf      boolean NOT NULL DEFAULT false,
    ADD COLUMN code_key        text GENERATED ALWAYS AS (upper(code)) STORED,
    ADD CONSTRAINT refunds_within_the_price
        CHECK (points_refunded BETWEEN 0 AND points_cost);
UPDATE claimed_rewards SET balance_minor = (terms ->> 'current_balance_minor')::bigint
WHERE kind = 'gift_card';
UPDATE claimed_rewards SET fulfilment = 'manual' WHERE kind = 'custom' AND code IS NULL;

-- Shops fold the case of codes, so two that differ by nothing else are one.
DROP INDEX claimed_rewards_by_code;
CREATE UNIQUE INDEX claimed_rewards_by_code ON claimed_rewards (program_id, code_key)
    WHERE code_key IS NOT NULL;
CREATE UNIQUE INDEX claimed_rewards_by_redemption ON claimed_rewards (program_id, redemption_id)
    WHERE redemption_id IS NOT NULL;
-- Free products that wait in carts.
CREATE INDEX claimed_rewards_in_carts ON claimed_rewards (program_id, customer_id)
    WHERE redemption_id IS NOT NULL AND state = 'approved' AND usage_status = 'not_used';
CREATE INDEX claimed_rewards_to_refund ON claimed_rewards (program_id, auto_refund_at)
    WHERE auto_refund_at IS NOT NULL AND state IN ('approved', 'pending')
        AND usage_status = 'not_used' AND fulfilled_at IS NULL;
CREATE INDEX claimed_rewards_to_expire ON claimed_rewards (program_id, expires_at)
    WHERE expires_at IS NOT NULL AND state IN ('approved', 'pending') AND usage_status <> 'used';
CREATE INDEX claimed_rewards_to_settle ON claimed_rewards (program_id, settle_by)
    WHERE settle_by IS NOT NULL;
CREATE INDEX claimed_rewards_announced ON claimed_rewards (program_id, usage_order)
    WHERE usage_order IS NOT NULL;
-- Claims that wait for a code of a pool, and those that somebody has to bring.
CREATE INDEX claimed_rewards_without_code ON claimed_rewards (program_id, reward_id, claimed_reward_id)
    WHERE state = 'pending' AND code IS NULL;
CREATE INDEX claimed_rewards_to_fulfil ON claimed_rewards (program_id, claimed_reward_id)
    WHERE fulfilment IS NOT NULL AND fulfilled_at IS NULL AND state = 'approved';

CREATE INDEX history_of_claim ON history (program_id, claimed_reward_id)
    WHERE claimed_reward_id IS NOT NULL;

-- Each use of a claim: by an order, or noted at a till under a reference. An "ignored" one is that
-- of an order which named a voucher that was used up already; it counts when the other is undone.
CREATE TABLE claim_uses (
    program_id        bigint      NOT NULL,
    claimed_reward_id bigint      NOT NULL,
    key               text        NOT NULL,
    reference         text        NOT NULL,
    order_id          bigint,
    amount_minor      points      NOT NULL DEFAULT 0,
    used_at           timestamptz NOT NULL,
    ignored           boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (program_id, claimed_reward_id, key)
);
CREATE INDEX claim_uses_of_order ON claim_uses (program_id, order_id) WHERE order_id IS NOT NULL;

-- How many of a product's variant were given away. How many there are is said by the program.
CREATE TABLE reward_stock (
    program_id bigint NOT NULL,
    reward_id  bigint NOT NULL,
    variant_id text   NOT NULL,
    given      bigint NOT NULL CHECK (given >= 0),
    PRIMARY KEY (program_id, reward_id, variant_id)
) WITH (fillfactor = 50);

-- Calls to the merchant's server that a claim still waits for.
CREATE TABLE fulfilment_calls (
    program_id        bigint      NOT NULL,
    claimed_reward_id bigint      NOT NULL,
    call_at           timestamptz NOT NULL,
    attempts          integer     NOT NULL DEFAULT 0,
    last_answer       text,
    PRIMARY KEY (program_id, claimed_reward_id)
);
CREATE INDEX fulfilment_calls_due ON fulfilment_calls (program_id, call_at);

-- Orders of which it has still to be worked out what they mean for others than their customer:
-- for claimed rewards, whoever's those are, and for who sent their customer.
ALTER TABLE orders ADD COLUMN follow_up_due boolean NOT NULL DEFAULT false;
CREATE INDEX orders_to_follow_up ON orders (program_id, order_id) WHERE follow_up_due;

-- Which claim an event is about, and which row of history.
ALTER TABLE events ADD COLUMN claimed_reward_id bigint;
ALTER TABLE events ADD COLUMN history_id bigint;

-- The next code of a reward's pool; an empty pool gives up the whole change.
CREATE FUNCTION leal_hand_out(p_program_id bigint, p_reward_id bigint)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_code text := leal_take_code(p_program_id, p_reward_id);
BEGIN
    IF v_code IS NULL THEN
        RAISE EXCEPTION 'no code is left in the pool of reward %', p_reward_id
            USING ERRCODE = 'LS002';
    END IF;
    RETURN v_code;
END $$;

-- Writes an order as a whole, if its version is still the loaded one (0: not there yet). Answers
-- its id, or NULL when it is stale.
CREATE OR REPLACE FUNCTION leal_save_order(p_program_id bigint, p_customer_id bigint, p_order json)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    o    record;
    v_id bigint;
    v_settles xid8;
BEGIN
    SELECT * INTO o FROM json_to_record(p_order) AS x(
        id bigint, version bigint, site_id bigint, merchant_id text, number text,
        customer_email text, email_key text, guest boolean, total_minor bigint,
        shipping_minor bigint, tax_minor bigint, discounts_minor bigint, gift_card_minor bigint,
        paid_minor bigint, refunded_minor bigint, payment_status text, refund_status text,
        cancellation_status text, discount_codes json, claimed_reward_ids json, line_items json,
        payments json, refunds json, referral_id text, tracking_id text, ip_address text,
        user_agent text, ordered_at timestamptz, paid_at timestamptz, paid_by text, program_version integer,
        tier_id integer, counts_tax boolean, terms json, not_fired json, counted json,
        follow_up_due boolean,
        created_at timestamptz, updated_at timestamptz);
    IF o.id = 0 THEN
        PERFORM pg_current_xact_id();
        v_id := nextval('orders_order_id_seq');
        v_settles := leal_settles();
        INSERT INTO orders (
            program_id, order_id, customer_id, site_id, merchant_id, number, customer_email,
            email_key, guest, total_minor, shipping_minor, tax_minor, discounts_minor,
            gift_card_minor, paid_minor, refunded_minor, payment_status, refund_status,
            cancellation_status, discount_codes, claimed_reward_ids, line_items, payments,
            refunds, referral_id, tracking_id, ip_address, user_agent, ordered_at, paid_at,
            paid_by, program_version, tier_id, counts_tax, terms, not_fired, counted, follow_up_due,
            created_at, updated_at, settles)
        VALUES (
            p_program_id, v_id, p_customer_id, o.site_id, o.merchant_id, o.number,
            o.customer_email, o.email_key, o.guest, o.total_minor, o.shipping_minor, o.tax_minor,
            o.discounts_minor, o.gift_card_minor, o.paid_minor, o.refunded_minor,
            o.payment_status, o.refund_status, o.cancellation_status, o.discount_codes,
            o.claimed_reward_ids, o.line_items, o.payments, o.refunds, o.referral_id,
            o.tracking_id, o.ip_address, o.user_agent, o.ordered_at, o.paid_at, o.paid_by, o.program_version,
            o.tier_id, o.counts_tax, o.terms, o.not_fired, o.counted, o.follow_up_due, o.created_at,
            o.updated_at, v_settles)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        RETURN v_id;
    END IF;
    UPDATE orders SET
        version = o.version + 1, customer_id = p_customer_id, number = o.number,
        customer_email = o.customer_email, email_key = o.email_key, guest = o.guest,
        total_minor = o.total_minor, shipping_minor = o.shipping_minor, tax_minor = o.tax_minor,
        discounts_minor = o.discounts_minor, gift_card_minor = o.gift_card_minor,
        paid_minor = o.paid_minor, refunded_minor = o.refunded_minor,
        payment_status = o.payment_status, refund_status = o.refund_status,
        cancellation_status = o.cancellation_status, discount_codes = o.discount_codes,
        claimed_reward_ids = o.claimed_reward_ids, line_items = o.line_items,
        payments = o.payments, refunds = o.refunds, referral_id = o.referral_id,
        tracking_id = o.tracking_id, ip_address = o.ip_address, user_agent = o.user_agent,
        ordered_at = o.ordered_at, paid_at = o.paid_at, paid_by = o.paid_by, program_version = o.program_version,
        tier_id = o.tier_id, counts_tax = o.counts_tax, terms = o.terms, not_fired = o.not_fired,
        counted = o.counted, follow_up_due = o.follow_up_due, updated_at = o.updated_at
    WHERE program_id = p_program_id AND order_id = o.id AND version = o.version;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN o.id;
END $$;

-- The one way a customer changes. The whole change arrives as one JSON value and is applied in one
-- statement, only if the customer's version is still the one that was loaded.
--
-- p_change: {"customer": {...}, "order": {...}, "claims": [...], "changed_claims": [...],
--            "uses": [...], "history": [...], "changed_history": [...], "transactions": [...],
--            "counters": [...], "progress": [...], "events": [...], "stock": [...]};
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
        birth_year smallint, birth_month smallint, birth_day smallint, email_consent text,
        sms_consent text, referral_id text, created_at timestamptz, updated_at timestamptz);

    IF v_customer IS NULL THEN
        PERFORM pg_current_xact_id();
        v_customer := nextval('customers_customer_id_seq');
    ELSE
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
            birth_day = c.birth_day, email_consent = c.email_consent, sms_consent = c.sms_consent,
            updated_at = c.updated_at
        WHERE program_id = p_program_id AND customer_id = p_customer_id AND version = p_version;
        IF NOT FOUND THEN
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
            birth_month, birth_day, email_consent, sms_consent, referral_id, created_at,
            updated_at, settles)
        VALUES (
            p_program_id, v_customer, c.site_id, c.merchant_id, c.email, c.email_key, c.first_name,
            c.last_name, c.properties, c.metadata, c.blocked, c.enrolled_at, c.points_approved,
            c.points_pending, c.points_spent, c.rewards_claimed, c.rewards_used, c.lifetime_points,
            c.lifetime_spend, c.lifetime_orders, c.tier_id, c.tier_started_at, c.tier_expires_at,
            c.tier_manual, c.birth_year, c.birth_month, c.birth_day, c.email_consent,
            c.sms_consent, c.referral_id, c.created_at, c.updated_at, v_settles)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
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
        topic text, payload json, created_at timestamptz, claimed_reward_id bigint)
    LOOP
        v_at := v_at + 1;
        v_id := v_events[v_at];
        INSERT INTO events (
            program_id, event_id, customer_id, topic, payload, created_at, claimed_reward_id,
            settles)
        VALUES (
            p_program_id, v_id, v_customer, r.topic, r.payload, r.created_at,
            CASE WHEN r.claimed_reward_id < 0 THEN v_claims[-r.claimed_reward_id]
                 ELSE r.claimed_reward_id END,
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
