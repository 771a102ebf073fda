-- Whose a shop's id of a customer is. Each site of a program counts its customers by itself, so the
-- same id may be another person's on another site; on one site it is one customer's. A customer has
-- the ids of all the sites where they are known: their first one is kept in customers as well.
CREATE TABLE customer_ids (
    program_id  bigint NOT NULL,
    merchant_id text   NOT NULL,
    site_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    PRIMARY KEY (program_id, merchant_id, site_id) INCLUDE (customer_id)
);
CREATE INDEX customer_ids_of_customer ON customer_ids (program_id, customer_id);

INSERT INTO customer_ids (program_id, merchant_id, site_id, customer_id)
SELECT program_id, merchant_id, site_id, customer_id FROM customers;
DROP INDEX customers_by_merchant_id;

-- Takes back ids that were given within a change that came to nothing.
CREATE FUNCTION leal_forget_ids(p_program_id bigint, p_customer_id bigint, p_ids json)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT * FROM json_to_recordset(coalesce(p_ids, '[]')) AS x(
        merchant_id text, site_id bigint)
    LOOP
        DELETE FROM customer_ids
        WHERE program_id = p_program_id AND merchant_id = r.merchant_id
            AND site_id = r.site_id AND customer_id = p_customer_id;
    END LOOP;
END $$;
