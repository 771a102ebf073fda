INSERT INTO public.programs VALUES
	(1, 'Lion Rewards', 1, '2025-06-10 12:00:00+00', false, 0);
INSERT INTO public.api_keys VALUES
	(1, 1, 'test', 'pat_b40d1', '\x013224b11d6fbf49150b21a14070d2c4dc12484f358f80fb35ba0bba4a150a70', '{read_customers,write_customers,read_orders,write_orders,read_unsubscribes,write_unsubscribes,read_reviews,write_reviews,write_configuration}', '2025-06-10 12:00:00+00', NULL);
INSERT INTO public.claimed_rewards VALUES
	(1, 1, 1, 3, 'free_shipping_voucher', 'Free shipping', 'approved', 'rule_completion', 4, 0, 'LL-777NR7SNBE', '{"currency":"usd","discount_minor":null,"discount_percentage":null,"minimum_spend_minor":null,"applies_to_order_type":"all","recurring_cycle_limit":null,"supports_active_subscriptions":false,"max_shipping_minor":990,"initial_balance_minor":null,"current_balance_minor":null,"product":null,"collection":null,"quantity":1,"fulfilled_at":null,"fulfilment_explanation":null}', '2025-06-25 12:00:00+00', NULL, NULL, NULL, 'not_used', '793', '2025-09-01 14:11:52.945516+00');
INSERT INTO public.counters VALUES
	(1, 1, 'rule', 3, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 2, 'rule', 3, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 3, 'rule', 3, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 4, 'rule', 3, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 2, 'rule', 5, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 2, 'rule', 6, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 1, 'rule', 4, 1, 1, 1, 1, 1, '2025-06-25 12:00:00+00'),
	(1, 1, 'reward', 3, 1, 1, 1, 1, 1, '2025-06-25 12:00:00+00'),
	(1, 2, 'rule', 1, 2, 2, 2, 2, 2, '2025-06-25 12:00:00+00'),
	(1, 1, 'rule', 1, 3, 1, 1, 1, 3, '2025-09-14 12:00:00+00');
INSERT INTO public.customers VALUES
	(1, 2, 11, 1, 'bob', '{}', 'bob@lion.example', 'bob@lion.example', NULL, NULL, '{}', '{}', false, '2025-06-10 12:00:00+00', 100, 50, 0, 0, 0, 220, 2000, 1, 1, '2025-06-10 12:00:00+00', NULL, false, NULL, NULL, NULL, 'unknown', 'unknown', 'pWGRDKBXmg', NULL, NULL, '2025-06-10 12:00:00+00', '2025-09-13 12:00:00+00', '765', '2025-09-01 14:11:52.628714+00'),
	(1, 4, 2, 1, 'zoé/1', '{}', 'zoe@lion.example', 'zoe@lion.example', NULL, NULL, '{}', '{}', false, '2025-06-10 12:00:00+00', 0, 0, 0, 0, 0, 100, 0, 0, 1, '2025-06-10 12:00:00+00', NULL, false, NULL, NULL, NULL, 'unknown', 'unknown', 'fxz6NaGH5T', NULL, NULL, '2025-06-10 12:00:00+00', '2025-09-13 12:00:00+00', '769', '2025-09-01 14:11:52.677733+00'),
	(1, 3, 3, 1, 'dan', '{}', 'dan@lion.example', 'dan@lion.example', NULL, NULL, '{}', '{}', false, '2025-06-10 12:00:00+00', 0, 0, 0, 0, 0, 170, 0, 0, 1, '2025-06-10 12:00:00+00', NULL, false, NULL, NULL, NULL, 'unknown', 'unknown', '8JW2zkcr8r', NULL, NULL, '2025-06-10 12:00:00+00', '2025-09-13 12:00:00+00', '767', '2025-09-01 14:11:52.653504+00'),
	(1, 1, 12, 1, 'ann', '{}', 'ann@lion.example', 'ann@lion.example', NULL, NULL, '{}', '{}', false, '2025-06-10 12:00:00+00', 2300, 600, 0, 1, 0, 2900, 20000, 3, 2, '2025-06-10 12:00:00+00', '2026-06-10 12:00:00+00', false, NULL, 7, 1, 'unknown', 'unknown', 'zR5UMQUhy2', NULL, NULL, '2025-06-10 12:00:00+00', '2025-09-14 12:00:00+00', '763', '2025-09-01 14:11:52.522947+00');
INSERT INTO public.events VALUES
	(1, 1, 1, 'program_events/customer.enrolled', '{"enrollment":{"date":"2025-06-10T12:00:00+00:00","trigger":"account_creation"}}', '2025-06-10 12:00:00+00', '763', '2025-09-01 14:11:52.533127+00'),
	(1, 2, 1, 'program_events/customer.rule_completed', '{"rule_id":3}', '2025-06-10 12:00:00+00', '763', '2025-09-01 14:11:52.533406+00'),
	(1, 3, 1, 'program_events/customer.points_earned', '{"points":100}', '2025-06-10 12:00:00+00', '763', '2025-09-01 14:11:52.53343+00'),
	(1, 4, 2, 'program_events/customer.enrolled', '{"enrollment":{"date":"2025-06-10T12:00:00+00:00","trigger":"account_creation"}}', '2025-06-10 12:00:00+00', '765', '2025-09-01 14:11:52.629875+00'),
	(1, 5, 2, 'program_events/customer.rule_completed', '{"rule_id":3}', '2025-06-10 12:00:00+00', '765', '2025-09-01 14:11:52.629906+00'),
	(1, 6, 2, 'program_events/customer.points_earned', '{"points":100}', '2025-06-10 12:00:00+00', '765', '2025-09-01 14:11:52.629926+00'),
	(1, 7, 3, 'program_events/customer.enrolled', '{"enrollment":{"date":"2025-06-10T12:00:00+00:00","trigger":"account_creation"}}', '2025-06-10 12:00:00+00', '767', '2025-09-01 14:11:52.659005+00'),
	(1, 8, 3, 'program_events/customer.rule_completed', '{"rule_id":3}', '2025-06-10 12:00:00+00', '767', '2025-09-01 14:11:52.659027+00'),
	(1, 9, 3, 'program_events/customer.points_earned', '{"points":100}', '2025-06-10 12:00:00+00', '767', '2025-09-01 14:11:52.659037+00'),
	(1, 10, 4, 'program_events/customer.enrolled', '{"enrollment":{"date":"2025-06-10T12:00:00+00:00","trigger":"signup"}}', '2025-06-10 12:00:00+00', '769', '2025-09-01 14:11:52.678984+00'),
	(1, 11, 4, 'program_events/customer.rule_completed', '{"rule_id":3}', '2025-06-10 12:00:00+00', '769', '2025-09-01 14:11:52.679008+00'),
	(1, 12, 4, 'program_events/customer.points_earned', '{"points":100}', '2025-06-10 12:00:00+00', '769', '2025-09-01 14:11:52.679018+00'),
	(1, 13, 3, 'program_events/customer.points_earned', '{"points":70}', '2025-06-10 12:00:00+00', '771', '2025-09-01 14:11:52.704964+00'),
	(1, 14, 1, 'program_events/customer.rule_completed', '{"rule_id":1}', '2025-06-10 12:00:00+00', '773', '2025-09-01 14:11:52.738476+00'),
	(1, 15, 1, 'program_events/customer.tier_upgraded', '{"previous_tier_id":1,"new_tier_id":2}', '2025-06-10 12:00:00+00', '773', '2025-09-01 14:11:52.738498+00'),
	(1, 16, 2, 'program_events/customer.rule_completed', '{"rule_id":5}', '2025-06-10 12:00:00+00', '781', '2025-09-01 14:11:52.788169+00'),
	(1, 17, 2, 'program_events/customer.rule_completed', '{"rule_id":6}', '2025-06-10 12:00:00+00', '783', '2025-09-01 14:11:52.805598+00'),
	(1, 18, 2, 'program_events/customer.points_earned', '{"points":20}', '2025-06-25 12:00:00+00', '787', '2025-09-01 14:11:52.85473+00'),
	(1, 19, 1, 'program_events/customer.points_earned', '{"points":500}', '2025-06-25 12:00:00+00', '789', '2025-09-01 14:11:52.890158+00'),
	(1, 20, 1, 'program_events/customer.points_earned', '{"points":1900}', '2025-06-25 12:00:00+00', '791', '2025-09-01 14:11:52.924854+00'),
	(1, 21, 1, 'program_events/customer.rule_completed', '{"rule_id":4}', '2025-06-25 12:00:00+00', '793', '2025-09-01 14:11:52.946626+00'),
	(1, 22, 1, 'program_events/customer.rule_completed', '{"rule_id":1}', '2025-06-25 12:00:00+00', '795', '2025-09-01 14:11:52.965703+00'),
	(1, 23, 2, 'program_events/customer.rule_completed', '{"rule_id":1}', '2025-06-25 12:00:00+00', '798', '2025-09-01 14:11:52.987416+00'),
	(1, 24, 2, 'program_events/customer.rule_completed', '{"rule_id":1}', '2025-06-25 12:00:00+00', '807', '2025-09-01 14:11:53.054029+00'),
	(1, 25, 1, 'program_events/customer.points_earned', '{"points":400}', '2025-09-13 12:00:00+00', '812', '2025-09-01 14:11:53.096078+00'),
	(1, 26, 2, 'program_events/customer.points_earned', '{"points":100}', '2025-09-13 12:00:00+00', '814', '2025-09-01 14:11:53.099344+00'),
	(1, 27, 1, 'program_events/customer.approaching_points_expiration', '{"expire_points_at":"2025-09-25T00:00:00Z","points_to_expire":2300}', '2025-09-13 12:00:00+00', '816', '2025-09-01 14:11:53.116172+00'),
	(1, 28, 2, 'program_events/customer.approaching_points_expiration', '{"expire_points_at":"2025-09-25T00:00:00Z","points_to_expire":100}', '2025-09-13 12:00:00+00', '818', '2025-09-01 14:11:53.116935+00'),
	(1, 29, 1, 'program_events/customer.rule_completed', '{"rule_id":1}', '2025-09-14 12:00:00+00', '831', '2025-09-01 14:11:53.32629+00');
INSERT INTO public.expiry_notices VALUES
	(1, 1, '2025-09-25 00:00:00+00'),
	(1, 2, '2025-09-25 00:00:00+00');
INSERT INTO public.history VALUES
	(1, 1, 1, 'entered_tier', NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 'Silver', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '763', '2025-09-01 14:11:52.524413+00', NULL, 1),
	(1, 3, 2, 'entered_tier', NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 'Silver', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '765', '2025-09-01 14:11:52.629073+00', NULL, 1),
	(1, 5, 3, 'entered_tier', NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 'Silver', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '767', '2025-09-01 14:11:52.653892+00', NULL, 1),
	(1, 7, 4, 'entered_tier', NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 'Silver', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '769', '2025-09-01 14:11:52.678075+00', NULL, 1),
	(1, 10, 1, 'entered_tier', NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 2, 1, 'Gold', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '773', '2025-09-01 14:11:52.737458+00', NULL, 1),
	(1, 13, 2, 'earned_points_from_rule', 'pending', '2025-06-10 12:00:00+00', 50, 6, 'review', NULL, NULL, NULL, NULL, 1, 'Write a review', NULL, 'activity:$review:r1', NULL, '2025-09-10 00:00:00+00', '2025-06-10 12:00:00+00', '783', '2025-09-01 14:11:52.805206+00', NULL, 1),
	(1, 14, 1, 'points_added', 'approved', '2025-06-25 12:00:00+00', 1900, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, 'thanks', NULL, NULL, '2025-09-25 00:00:00+00', '2025-06-25 12:00:00+00', '791', '2025-09-01 14:11:52.924114+00', NULL, 1),
	(1, 15, 1, 'received_reward', 'approved', '2025-06-25 12:00:00+00', NULL, 4, 'custom', 3, 'free_shipping_voucher', 1, NULL, 1, 'Free shipping', NULL, 'activity:quiz:q1', NULL, NULL, '2025-06-25 12:00:00+00', '793', '2025-09-01 14:11:52.94595+00', NULL, 1),
	(1, 18, 2, 'points_removed', 'applied', '2025-06-25 12:00:00+00', -30, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, 'oops', NULL, NULL, NULL, '2025-06-25 12:00:00+00', '805', '2025-09-01 14:11:53.038201+00', NULL, 1),
	(1, 19, 2, 'earned_points_from_rule', 'declined', '2025-06-25 12:00:00+00', 150, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:b2:1', '2025-07-09 12:00:00+00', '2025-09-25 00:00:00+00', '2025-06-25 12:00:00+00', '807', '2025-09-01 14:11:53.053512+00', 6, 1),
	(1, 16, 1, 'earned_points_from_rule', 'approved', '2025-06-25 12:00:00+00', 400, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:a2:1', '2025-07-09 12:00:00+00', '2025-09-25 00:00:00+00', '2025-09-13 12:00:00+00', '795', '2025-09-01 14:11:52.965036+00', 4, 1),
	(1, 17, 2, 'earned_points_from_rule', 'approved', '2025-06-25 12:00:00+00', 100, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:b1:1', '2025-07-09 12:00:00+00', '2025-09-25 00:00:00+00', '2025-09-13 12:00:00+00', '798', '2025-09-01 14:11:52.986716+00', 5, 1),
	(1, 20, 1, 'points_expired', NULL, '2025-09-13 12:00:00+00', -600, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 'expiry:1:2025-09-13T12:00:00+00:00:10', NULL, NULL, '2025-09-13 12:00:00+00', '821', '2025-09-01 14:11:53.164067+00', NULL, 1),
	(1, 11, 1, 'earned_points_from_rule', 'expired', '2025-06-10 12:00:00+00', 500, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:a1:1', '2025-06-24 12:00:00+00', '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '773', '2025-09-01 14:11:52.737522+00', 1, 1),
	(1, 2, 1, 'earned_points_from_rule', 'expired', '2025-06-10 12:00:00+00', 100, 3, 'join_program', NULL, NULL, NULL, NULL, 1, 'Join our loyalty program', NULL, NULL, NULL, '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '763', '2025-09-01 14:11:52.524699+00', NULL, 1),
	(1, 21, 2, 'points_expired', NULL, '2025-09-13 12:00:00+00', -90, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 'expiry:2:2025-09-13T12:00:00+00:00:10', NULL, NULL, '2025-09-13 12:00:00+00', '823', '2025-09-01 14:11:53.167263+00', NULL, 1),
	(1, 12, 2, 'earned_points_from_rule', 'expired', '2025-06-10 12:00:00+00', 20, 5, 'custom', NULL, NULL, NULL, NULL, 1, 'Wait', NULL, 'activity:slow:s1', '2025-06-20 12:00:00+00', '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '781', '2025-09-01 14:11:52.787681+00', NULL, 1),
	(1, 4, 2, 'earned_points_from_rule', 'expired', '2025-06-10 12:00:00+00', 100, 3, 'join_program', NULL, NULL, NULL, NULL, 1, 'Join our loyalty program', NULL, NULL, NULL, '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '765', '2025-09-01 14:11:52.629142+00', NULL, 1),
	(1, 22, 4, 'points_expired', NULL, '2025-09-13 12:00:00+00', -100, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 'expiry:4:2025-09-13T12:00:00+00:00:1', NULL, NULL, '2025-09-13 12:00:00+00', '825', '2025-09-01 14:11:53.204149+00', NULL, 1),
	(1, 8, 4, 'earned_points_from_rule', 'expired', '2025-06-10 12:00:00+00', 100, 3, 'join_program', NULL, NULL, NULL, NULL, 1, 'Join our loyalty program', NULL, NULL, NULL, '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '769', '2025-09-01 14:11:52.678131+00', NULL, 1),
	(1, 23, 3, 'points_expired', NULL, '2025-09-13 12:00:00+00', -170, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 'expiry:3:2025-09-13T12:00:00+00:00:2', NULL, NULL, '2025-09-13 12:00:00+00', '827', '2025-09-01 14:11:53.21639+00', NULL, 1),
	(1, 9, 3, 'points_added', 'expired', '2025-06-10 12:00:00+00', 70, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, 'hello', NULL, NULL, '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '771', '2025-09-01 14:11:52.704341+00', NULL, 1),
	(1, 6, 3, 'earned_points_from_rule', 'expired', '2025-06-10 12:00:00+00', 100, 3, 'join_program', NULL, NULL, NULL, NULL, 1, 'Join our loyalty program', NULL, NULL, NULL, '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '767', '2025-09-01 14:11:52.653972+00', NULL, 1),
	(1, 24, 1, 'earned_points_from_rule', 'pending', '2025-09-14 12:00:00+00', 600, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:a3:1', '2025-09-28 12:00:00+00', '2025-12-14 00:00:00+00', '2025-09-14 12:00:00+00', '831', '2025-09-01 14:11:53.324921+00', 7, 1);
INSERT INTO public.job_cursors VALUES
	(1, 'notices', '{"day":"2025-09-13","version":1,"through":"2025-10-13T12:00:00Z"}'),
	(1, 'expiry', '{"day":"2025-09-13","version":1,"after":null}');
INSERT INTO public.lots VALUES
	(1, 1, '2025-09-25 00:00:00+00', 2300),
	(1, 2, '2025-09-25 00:00:00+00', 100);
INSERT INTO public.orders VALUES
	(1, 1, 1, 1, 1, 'a1', NULL, 'ann@lion.example', 'ann@lion.example', false, 10500, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '2025-06-10 12:00:00+00', 'enrolled', 1, 1, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":5,"per_unit":true,"rounding":"floor","approve_at":"2025-06-24T12:00:00Z","expires_at":"2025-09-10T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-06-10","spend_minor":10000,"orders":1}', '2025-06-10 12:00:00+00', '2025-06-10 12:00:00+00', '774', '2025-09-01 14:11:52.736733+00'),
	(1, 2, 1, NULL, 1, 'c1', NULL, 'cat@lion.example', 'cat@lion.example', false, 5500, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '2025-06-10 12:00:00+00', 'guest', NULL, NULL, false, NULL, '[]', NULL, '2025-06-10 12:00:00+00', '2025-06-10 12:00:00+00', '776', '2025-09-01 14:11:52.755412+00'),
	(1, 3, 1, 2, 1, 'u1', NULL, 'bob@lion.example', 'bob@lion.example', false, 4500, 500, 0, 0, 0, NULL, 0, 'not_paid', 'not_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, false, NULL, '[]', NULL, '2025-06-10 12:00:00+00', '2025-06-10 12:00:00+00', '779', '2025-09-01 14:11:52.769647+00'),
	(1, 5, 1, 2, 1, 'b1', NULL, 'bob@lion.example', 'bob@lion.example', false, 2500, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', 'enrolled', 1, 1, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":5,"per_unit":true,"rounding":"floor","approve_at":"2025-07-09T12:00:00Z","expires_at":"2025-09-25T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-06-25","spend_minor":2000,"orders":1}', '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', '799', '2025-09-01 14:11:52.986303+00'),
	(1, 4, 3, 1, 1, 'a2', NULL, 'ann@lion.example', 'ann@lion.example', false, 8500, 500, 0, 0, 0, NULL, 4000, 'paid', 'partially_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[{"amount_minor":4000,"created_at":"2025-06-25T12:00:00Z"}]', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', 'enrolled', 1, 2, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":10,"per_unit":true,"rounding":"floor","approve_at":"2025-07-09T12:00:00Z","expires_at":"2025-09-25T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-06-25","spend_minor":4000,"orders":1}', '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', '796', '2025-09-01 14:11:52.964692+00'),
	(1, 6, 2, 2, 1, 'b2', NULL, 'bob@lion.example', 'bob@lion.example', false, 3500, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', 'enrolled', 1, 1, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":5,"per_unit":true,"rounding":"floor","approve_at":"2025-07-09T12:00:00Z","expires_at":"2025-09-25T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-06-25","spend_minor":0,"orders":0}', '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', '808', '2025-09-01 14:11:53.05329+00'),
	(1, 7, 1, 1, 1, 'a3', NULL, 'ann@lion.example', 'ann@lion.example', false, 6500, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-09-14 12:00:00+00', '2025-09-14 12:00:00+00', 'enrolled', 1, 2, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":10,"per_unit":true,"rounding":"floor","approve_at":"2025-09-28T12:00:00Z","expires_at":"2025-12-14T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-09-14","spend_minor":6000,"orders":1}', '2025-09-14 12:00:00+00', '2025-09-14 12:00:00+00', '832', '2025-09-01 14:11:53.324506+00');
INSERT INTO public.program_versions VALUES
	(1, 1, '{"leal":1,"name":"Lion Rewards","sites":[{"id":1,"name":"Lion Shop","url":"https://lion.example","currency":"usd","languages":["en","de"],"country":"US"}],"tiers":{"boundary_mode":"spend","membership":{"mode":"rolling","duration_months":12},"benefits":[{"id":1,"label":"Early access to new products"},{"id":2,"label":"Free makeup classes","details":"Email classes@example.com to sign up to a class"}],"tiers":[{"id":1,"key":"silver","name":"Silver","lower_bound":0,"benefits":[1]},{"id":2,"key":"gold","name":"Gold","lower_bound":100,"benefits":[1,2]}]},"rules":[{"id":1,"kind":"purchase","title":{"en":"Make a purchase","de":"Einkaufen"},"points":5,"tiers":{"gold":{"points":10}},"approval_days":14},{"id":2,"kind":"pageview","title":"Visit our online store","points":100,"limit":{"count":1,"interval":"week"},"tiers":{"gold":{"points":200}},"page_patterns":["/"]},{"id":3,"kind":"join_program","title":"Join our loyalty program","points":100},{"id":4,"kind":"custom","title":"Take our quiz","name":"quiz","reward":3,"tiers":{"silver":{"enabled":false}}},{"id":5,"kind":"custom","name":"slow","title":"Wait","points":20,"approval_days":10},{"id":6,"kind":"review","title":"Write a review","points":50},{"id":7,"kind":"birthday","title":"Birthday","points":30}],"rewards":[{"id":1,"kind":"cart_discount_voucher","title":"$5 discount","discount":{"amount":5},"minimum_spend":10,"applies_to_order_type":"one_time","recurring_cycle_limit":1,"cost":500,"tiers":{"gold":{"cost":400}}},{"id":2,"kind":"cart_variable_discount_voucher","title":"Redeem points at checkout","points_per_unit":100,"minimum_discount":1,"maximum_discount":100,"tiers":{"silver":{"enabled":false}}},{"id":3,"kind":"free_shipping_voucher","title":{"en":"Free shipping","de":"Versand frei"},"max_shipping":"9.90","cost":300}],"referrals":{"incentive":{"kind":"cart_discount_voucher","incentive_text":"Get a 10% discount when you spend over $100","discount":{"percentage":10},"minimum_spend":100}},"birthdays":{"store_year":false},"expiry":{"mode":"date_earned","months":3,"enabled_on":"2025-01-01"}}', 'test', '2025-06-10 12:00:00+00');
INSERT INTO public.progress VALUES
	(1, 4, '2025-06-10', 100, 0, 0),
	(1, 3, '2025-06-10', 170, 0, 0),
	(1, 2, '2025-06-10', 120, 0, 0),
	(1, 1, '2025-06-10', 600, 10000, 1),
	(1, 1, '2025-06-25', 2300, 4000, 1),
	(1, 2, '2025-06-25', 100, 2000, 1),
	(1, 1, '2025-09-14', 0, 6000, 1);
INSERT INTO public.sites VALUES
	(1, 1, '8a2a92abab1eeff43a5e82f668338089', '\x6e561954dbca257f0ea2de644406ea6300f1c066ae849a7f3800978df8e6ce12', '\x01f1c8b242dc82f54229f25e95a61de3df9be94016252b61501ac596634a3bd8612bb858ef0e0c8304aab6697913829c2b79f0c475e9530c1afeaab7f783942886a7b13106', 'a7d0ea39bff925e60fe84890cee19b6f', '\x01db7f5f030a765093eb57b39018c78a5f5cea102623e1f21088c59b8f3b2402307841f904d21bde7e33c68357601e3b1655661c9547cd4b0d704e5ed715f702f8cbd0dc61', '2025-06-10 12:00:00+00');
INSERT INTO public.transactions VALUES
	(1, 1, 1, 2, NULL, 'activity', 'awarded', 100, 0, 0, '[["2025-09-10T00:00:00Z",100]]', '2025-06-10 12:00:00+00', '763', '2025-09-01 14:11:52.525371+00'),
	(1, 2, 2, 4, NULL, 'activity', 'awarded', 100, 0, 0, '[["2025-09-10T00:00:00Z",100]]', '2025-06-10 12:00:00+00', '765', '2025-09-01 14:11:52.629353+00'),
	(1, 3, 3, 6, NULL, 'activity', 'awarded', 100, 0, 0, '[["2025-09-10T00:00:00Z",100]]', '2025-06-10 12:00:00+00', '767', '2025-09-01 14:11:52.654153+00'),
	(1, 4, 4, 8, NULL, 'activity', 'awarded', 100, 0, 0, '[["2025-09-10T00:00:00Z",100]]', '2025-06-10 12:00:00+00', '769', '2025-09-01 14:11:52.678355+00'),
	(1, 5, 3, 9, NULL, 'adjustment', 'awarded', 70, 0, 0, '[["2025-09-10T00:00:00Z",70]]', '2025-06-10 12:00:00+00', '771', '2025-09-01 14:11:52.704549+00'),
	(1, 6, 1, 11, NULL, 'activity', 'order state 1', 0, 500, 0, '[]', '2025-06-10 12:00:00+00', '773', '2025-09-01 14:11:52.737942+00'),
	(1, 7, 2, 12, NULL, 'activity', 'awarded', 0, 20, 0, '[]', '2025-06-10 12:00:00+00', '781', '2025-09-01 14:11:52.787859+00'),
	(1, 8, 2, 13, NULL, 'activity', 'awarded', 0, 50, 0, '[]', '2025-06-10 12:00:00+00', '783', '2025-09-01 14:11:52.805378+00'),
	(1, 9, 2, 12, NULL, 'activity', 'approved in version 5', 20, -20, 0, '[["2025-09-10T00:00:00Z",20]]', '2025-06-25 12:00:00+00', '787', '2025-09-01 14:11:52.854409+00'),
	(1, 10, 1, 11, NULL, 'activity', 'approved in version 4', 500, -500, 0, '[["2025-09-10T00:00:00Z",500]]', '2025-06-25 12:00:00+00', '789', '2025-09-01 14:11:52.888682+00'),
	(1, 11, 1, 14, NULL, 'adjustment', 'awarded', 1900, 0, 0, '[["2025-09-25T00:00:00Z",1900]]', '2025-06-25 12:00:00+00', '791', '2025-09-01 14:11:52.924389+00'),
	(1, 12, 1, 16, NULL, 'activity', 'order state 1', 0, 800, 0, '[]', '2025-06-25 12:00:00+00', '795', '2025-09-01 14:11:52.965261+00'),
	(1, 13, 2, 17, NULL, 'activity', 'order state 1', 0, 100, 0, '[]', '2025-06-25 12:00:00+00', '798', '2025-09-01 14:11:52.986961+00'),
	(1, 14, 1, 16, NULL, 'activity', 'order state 2', 0, -400, 0, '[]', '2025-06-25 12:00:00+00', '801', '2025-09-01 14:11:53.009683+00'),
	(1, 15, 2, 18, NULL, 'adjustment', 'removed', -30, 0, 0, '[["2025-09-10T00:00:00Z",-30]]', '2025-06-25 12:00:00+00', '805', '2025-09-01 14:11:53.038416+00'),
	(1, 16, 2, 19, NULL, 'activity', 'order state 1', 0, 150, 0, '[]', '2025-06-25 12:00:00+00', '807', '2025-09-01 14:11:53.053679+00'),
	(1, 17, 2, 19, NULL, 'activity', 'order state 2', 0, -150, 0, '[]', '2025-06-25 12:00:00+00', '810', '2025-09-01 14:11:53.070344+00'),
	(1, 18, 1, 16, NULL, 'activity', 'approved in version 10', 400, -400, 0, '[["2025-09-25T00:00:00Z",400]]', '2025-09-13 12:00:00+00', '812', '2025-09-01 14:11:53.095797+00'),
	(1, 19, 2, 17, NULL, 'activity', 'approved in version 10', 100, -100, 0, '[["2025-09-25T00:00:00Z",100]]', '2025-09-13 12:00:00+00', '814', '2025-09-01 14:11:53.098975+00'),
	(1, 20, 1, 20, NULL, 'expiry', 'expired', -600, 0, 0, '[["2025-09-10T00:00:00Z",-600]]', '2025-09-13 12:00:00+00', '821', '2025-09-01 14:11:53.164554+00'),
	(1, 21, 2, 21, NULL, 'expiry', 'expired', -90, 0, 0, '[["2025-09-10T00:00:00Z",-90]]', '2025-09-13 12:00:00+00', '823', '2025-09-01 14:11:53.167686+00'),
	(1, 22, 4, 22, NULL, 'expiry', 'expired', -100, 0, 0, '[["2025-09-10T00:00:00Z",-100]]', '2025-09-13 12:00:00+00', '825', '2025-09-01 14:11:53.20517+00'),
	(1, 23, 3, 23, NULL, 'expiry', 'expired', -170, 0, 0, '[["2025-09-10T00:00:00Z",-170]]', '2025-09-13 12:00:00+00', '827', '2025-09-01 14:11:53.22338+00'),
	(1, 24, 1, 24, NULL, 'activity', 'order state 1', 0, 600, 0, '[]', '2025-09-14 12:00:00+00', '831', '2025-09-01 14:11:53.325198+00');
SELECT pg_catalog.setval('public.api_keys_key_id_seq', 1, true);
SELECT pg_catalog.setval('public.claimed_rewards_claimed_reward_id_seq', 1, true);
SELECT pg_catalog.setval('public.customers_customer_id_seq', 4, true);
SELECT pg_catalog.setval('public.events_event_id_seq', 29, true);
SELECT pg_catalog.setval('public.history_history_id_seq', 24, true);
SELECT pg_catalog.setval('public.orders_order_id_seq', 7, true);
SELECT pg_catalog.setval('public.programs_program_id_seq', 1, true);
SELECT pg_catalog.setval('public.transactions_transaction_id_seq', 24, true);
