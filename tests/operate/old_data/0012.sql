INSERT INTO public.announcements VALUES
	(1, 1, 'program_events/customer.reward_available_notification', 0, '2025-06-25 12:00:00+00'),
	(1, 4, 'program_events/customer.reward_available_notification', 0, '2025-06-25 12:00:00+00'),
	(1, 2, 'program_events/customer.reward_available_notification', 0, '2025-06-25 12:00:00+00'),
	(1, 3, 'program_events/customer.reward_available_notification', 0, '2025-06-25 12:00:00+00');
INSERT INTO public.programs VALUES
	(1, 'Lion Rewards', 1, '2025-06-10 12:00:00+00', false, 0);
INSERT INTO public.api_keys VALUES
	(1, 1, 'test', 'pat_9fcea', '\xe65392c75b026ff61def268822946bbffab5a9902742156f35f822aa29ee1dce', '{read_customers,write_customers,read_orders,write_orders,read_unsubscribes,write_unsubscribes,read_reviews,write_reviews,write_configuration}', '2025-06-10 12:00:00+00', NULL);
INSERT INTO public.claim_uses VALUES
	(1, 2, 'order:1:a4', 'a4', 7, 0, '2025-06-25 12:00:00+00', false);
INSERT INTO public.claimed_rewards VALUES
	(1, 1, 1, 3, 'free_shipping_voucher', 'Free shipping', 'approved', 'rule_completion', 4, 0, 'LL-TLTDW6FSU2', '{"currency":"usd","discount_minor":null,"discount_percentage":null,"minimum_spend_minor":null,"applies_to_order_type":"all","recurring_cycle_limit":null,"supports_active_subscriptions":false,"max_shipping_minor":990,"minimum_spend_after_minor":null,"initial_balance_minor":null,"product":null,"collection":null,"quantity":1,"fulfilment_explanation":null}', '2025-06-25 12:00:00+00', NULL, NULL, NULL, 'not_used', '798', '2025-09-01 14:12:19.32623+00', 1, 0, '[]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, DEFAULT),
	(1, 4, 1, 4, 'custom', 'Mug', 'approved', 'points_redemption', NULL, 50, NULL, '{"currency":"usd","discount_minor":null,"discount_percentage":null,"minimum_spend_minor":null,"applies_to_order_type":"all","recurring_cycle_limit":null,"supports_active_subscriptions":false,"max_shipping_minor":null,"minimum_spend_after_minor":null,"initial_balance_minor":null,"product":null,"collection":null,"quantity":1,"fulfilment_explanation":null}', '2025-06-25 12:00:00+00', NULL, NULL, NULL, 'not_used', '821', '2025-09-01 14:12:19.583234+00', 1, 0, '[["2025-09-25T00:00:00Z",50]]', NULL, NULL, NULL, 'manual', NULL, NULL, NULL, NULL, NULL, NULL, false, DEFAULT),
	(1, 5, 1, 5, 'gift_card', 'Card', 'approved', 'points_redemption', NULL, 200, '9jkhwugu7u28au87', '{"currency":"usd","discount_minor":null,"discount_percentage":null,"minimum_spend_minor":null,"applies_to_order_type":"all","recurring_cycle_limit":null,"supports_active_subscriptions":false,"max_shipping_minor":null,"minimum_spend_after_minor":null,"initial_balance_minor":990,"product":null,"collection":null,"quantity":1,"fulfilment_explanation":null}', '2025-06-25 12:00:00+00', NULL, NULL, NULL, 'not_used', '823', '2025-09-01 14:12:19.599446+00', 1, 0, '[["2025-09-25T00:00:00Z",200]]', 990, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, DEFAULT),
	(1, 3, 1, 3, 'free_shipping_voucher', 'Free shipping', 'void', 'points_redemption', NULL, 300, 'LL-HSVF45TPV9', '{"currency":"usd","discount_minor":null,"discount_percentage":null,"minimum_spend_minor":null,"applies_to_order_type":"all","recurring_cycle_limit":null,"supports_active_subscriptions":false,"max_shipping_minor":990,"minimum_spend_after_minor":null,"initial_balance_minor":null,"product":null,"collection":null,"quantity":1,"fulfilment_explanation":null}', '2025-06-25 12:00:00+00', NULL, NULL, NULL, 'not_used', '819', '2025-09-01 14:12:19.563093+00', 1, 300, '[["2025-09-10T00:00:00Z",200],["2025-09-25T00:00:00Z",100]]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, DEFAULT),
	(1, 2, 1, 1, 'cart_discount_voucher', '$5 discount', 'approved', 'points_redemption', NULL, 400, 'LL-THCA89UKXP', '{"currency":"usd","discount_minor":500,"discount_percentage":null,"minimum_spend_minor":1000,"applies_to_order_type":"one_time","recurring_cycle_limit":1,"supports_active_subscriptions":false,"max_shipping_minor":null,"minimum_spend_after_minor":null,"initial_balance_minor":null,"product":null,"collection":null,"quantity":1,"fulfilment_explanation":null}', '2025-06-25 12:00:00+00', NULL, NULL, '2025-06-25 12:00:00+00', 'used', '817', '2025-09-01 14:12:19.550963+00', 1, 0, '[["2025-09-10T00:00:00Z",400]]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, DEFAULT),
	(1, 6, 1, 6, 'product_cart', 'Cup', 'approved', 'points_redemption', NULL, 100, NULL, '{"currency":"usd","discount_minor":null,"discount_percentage":null,"minimum_spend_minor":null,"applies_to_order_type":"all","recurring_cycle_limit":null,"supports_active_subscriptions":false,"max_shipping_minor":null,"minimum_spend_after_minor":null,"initial_balance_minor":null,"product":{"id":"500","handle":null,"title":"Mug","url":null,"image_url":null,"variant_id":"501","variant_title":null},"collection":null,"quantity":1,"fulfilment_explanation":null}', '2025-06-25 12:00:00+00', '2025-06-25 13:00:00+00', NULL, NULL, 'not_used', '833', '2025-09-01 14:12:19.714305+00', 1, 0, '[["2025-09-10T00:00:00Z",100]]', NULL, 'cart-1', '90c416e4', NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, DEFAULT);
INSERT INTO public.counters VALUES
	(1, 1, 'rule', 3, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 2, 'rule', 3, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 3, 'rule', 3, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 4, 'rule', 3, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 2, 'rule', 5, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 2, 'rule', 6, 1, 1, 1, 1, 1, '2025-06-10 12:00:00+00'),
	(1, 1, 'rule', 4, 1, 1, 1, 1, 1, '2025-06-25 12:00:00+00'),
	(1, 2, 'rule', 1, 2, 2, 2, 2, 2, '2025-06-25 12:00:00+00'),
	(1, 1, 'reward', 1, 1, 1, 1, 1, 1, '2025-06-25 12:00:00+00'),
	(1, 1, 'reward', 4, 1, 1, 1, 1, 1, '2025-06-25 12:00:00+00'),
	(1, 1, 'reward', 5, 1, 1, 1, 1, 1, '2025-06-25 12:00:00+00'),
	(1, 1, 'reward', 3, 1, 1, 1, 1, 1, '2025-06-25 12:00:00+00'),
	(1, 1, 'reward', 6, 1, 1, 1, 1, 1, '2025-06-25 12:00:00+00'),
	(1, 5, 'rule', 3, 1, 1, 1, 1, 1, '2025-06-25 12:00:00+00'),
	(1, 5, 'rule', 1, 1, 1, 1, 1, 1, '2025-06-25 12:00:00+00'),
	(1, 2, 'rule', 8, 1, 1, 1, 1, 1, '2025-06-25 12:00:00+00'),
	(1, 1, 'rule', 1, 4, 1, 1, 1, 4, '2025-09-14 12:00:00+00');
INSERT INTO public.customers VALUES
	(1, 5, 3, 1, 'fay', '{}', 'fay@lion.example', 'fay@lion.example', NULL, NULL, '{}', '{}', false, '2025-06-25 12:00:00+00', 675, 0, 0, 0, 0, 675, 11500, 1, 2, '2025-06-25 12:00:00+00', '2026-06-25 12:00:00+00', false, NULL, NULL, NULL, 'unknown', 'unknown', 'fpCzACYfX9', 2, NULL, '2025-06-25 12:00:00+00', '2025-09-13 12:00:00+00', '836', '2025-09-01 14:12:19.780411+00', NULL),
	(1, 2, 12, 1, 'bob', '{}', 'bob@lion.example', 'bob@lion.example', NULL, NULL, '{}', '{}', false, '2025-06-10 12:00:00+00', 600, 50, 0, 0, 0, 720, 2000, 1, 1, '2025-06-10 12:00:00+00', NULL, false, NULL, NULL, NULL, 'unknown', 'unknown', 'J6MPAxPxba', NULL, NULL, '2025-06-10 12:00:00+00', '2025-09-13 12:00:00+00', '771', '2025-09-01 14:12:18.895664+00', NULL),
	(1, 3, 3, 1, 'dan', '{}', 'dan@lion.example', 'dan@lion.example', NULL, NULL, '{}', '{}', false, '2025-06-10 12:00:00+00', 0, 0, 0, 0, 0, 170, 0, 0, 1, '2025-06-10 12:00:00+00', NULL, false, NULL, NULL, NULL, 'unknown', 'unknown', 'yJrZT8D4NQ', NULL, NULL, '2025-06-10 12:00:00+00', '2025-09-13 12:00:00+00', '773', '2025-09-01 14:12:18.930123+00', NULL),
	(1, 4, 2, 1, 'zoé/1', '{}', 'zoe@lion.example', 'zoe@lion.example', NULL, NULL, '{}', '{}', false, '2025-06-10 12:00:00+00', 0, 0, 0, 0, 0, 100, 0, 0, 1, '2025-06-10 12:00:00+00', NULL, false, NULL, NULL, NULL, 'unknown', 'unknown', '3Eq67PycFR', NULL, NULL, '2025-06-10 12:00:00+00', '2025-09-13 12:00:00+00', '775', '2025-09-01 14:12:18.965897+00', NULL),
	(1, 1, 20, 1, 'ann', '{}', 'ann@lion.example', 'ann@lion.example', NULL, NULL, '{}', '{}', false, '2025-06-10 12:00:00+00', 2600, 600, 750, 6, 1, 3450, 25500, 4, 2, '2025-06-10 12:00:00+00', '2026-06-10 12:00:00+00', false, NULL, 7, 1, 'unknown', 'unknown', 'BFc3jp3Kz8', NULL, NULL, '2025-06-10 12:00:00+00', '2025-09-14 12:00:00+00', '769', '2025-09-01 14:12:18.767916+00', '2025-06-10 12:00:00+00');
INSERT INTO public.events VALUES
	(1, 1, 1, 'program_events/customer.enrolled', '{"enrollment":{"date":"2025-06-10T12:00:00+00:00","trigger":"account_creation"}}', '2025-06-10 12:00:00+00', '769', '2025-09-01 14:12:18.786455+00', NULL, NULL),
	(1, 2, 1, 'program_events/customer.rule_completed', '{"rule_id":3}', '2025-06-10 12:00:00+00', '769', '2025-09-01 14:12:18.791161+00', NULL, 2),
	(1, 3, 1, 'program_events/customer.points_earned', '{"points":100}', '2025-06-10 12:00:00+00', '769', '2025-09-01 14:12:18.79121+00', NULL, 2),
	(1, 4, 2, 'program_events/customer.enrolled', '{"enrollment":{"date":"2025-06-10T12:00:00+00:00","trigger":"account_creation"}}', '2025-06-10 12:00:00+00', '771', '2025-09-01 14:12:18.899473+00', NULL, NULL),
	(1, 5, 2, 'program_events/customer.rule_completed', '{"rule_id":3}', '2025-06-10 12:00:00+00', '771', '2025-09-01 14:12:18.899522+00', NULL, 4),
	(1, 6, 2, 'program_events/customer.points_earned', '{"points":100}', '2025-06-10 12:00:00+00', '771', '2025-09-01 14:12:18.899563+00', NULL, 4),
	(1, 7, 3, 'program_events/customer.enrolled', '{"enrollment":{"date":"2025-06-10T12:00:00+00:00","trigger":"account_creation"}}', '2025-06-10 12:00:00+00', '773', '2025-09-01 14:12:18.936127+00', NULL, NULL),
	(1, 8, 3, 'program_events/customer.rule_completed', '{"rule_id":3}', '2025-06-10 12:00:00+00', '773', '2025-09-01 14:12:18.936151+00', NULL, 6),
	(1, 9, 3, 'program_events/customer.points_earned', '{"points":100}', '2025-06-10 12:00:00+00', '773', '2025-09-01 14:12:18.936166+00', NULL, 6),
	(1, 10, 4, 'program_events/customer.enrolled', '{"enrollment":{"date":"2025-06-10T12:00:00+00:00","trigger":"signup"}}', '2025-06-10 12:00:00+00', '775', '2025-09-01 14:12:18.97195+00', NULL, NULL),
	(1, 11, 4, 'program_events/customer.rule_completed', '{"rule_id":3}', '2025-06-10 12:00:00+00', '775', '2025-09-01 14:12:18.971978+00', NULL, 8),
	(1, 12, 4, 'program_events/customer.points_earned', '{"points":100}', '2025-06-10 12:00:00+00', '775', '2025-09-01 14:12:18.971994+00', NULL, 8),
	(1, 13, 3, 'program_events/customer.points_earned', '{"points":70}', '2025-06-10 12:00:00+00', '777', '2025-09-01 14:12:18.996787+00', NULL, 9),
	(1, 14, 1, 'program_events/customer.rule_completed', '{"rule_id":1,"source":"order:1:a1:1"}', '2025-06-10 12:00:00+00', '779', '2025-09-01 14:12:19.06459+00', NULL, NULL),
	(1, 15, 1, 'program_events/customer.tier_upgraded', '{"previous_tier_id":1,"new_tier_id":2}', '2025-06-10 12:00:00+00', '779', '2025-09-01 14:12:19.064618+00', NULL, NULL),
	(1, 16, 2, 'customers/update', '{}', '2025-06-10 12:00:00+00', '784', '2025-09-01 14:12:19.12191+00', NULL, NULL),
	(1, 17, 2, 'program_events/customer.rule_completed', '{"rule_id":5}', '2025-06-10 12:00:00+00', '787', '2025-09-01 14:12:19.152152+00', NULL, 12),
	(1, 18, 2, 'program_events/customer.rule_completed', '{"rule_id":6}', '2025-06-10 12:00:00+00', '789', '2025-09-01 14:12:19.184104+00', NULL, 13),
	(1, 19, 1, 'customers/update', '{}', '2025-06-10 12:00:00+00', '791', '2025-09-01 14:12:19.208248+00', NULL, NULL),
	(1, 20, 1, 'program_events/customer.points_earned', '{"points":500}', '2025-06-25 12:00:00+00', '793', '2025-09-01 14:12:19.270609+00', NULL, 11),
	(1, 21, 2, 'program_events/customer.points_earned', '{"points":20}', '2025-06-25 12:00:00+00', '794', '2025-09-01 14:12:19.271801+00', NULL, 12),
	(1, 22, 1, 'program_events/customer.points_earned', '{"points":1900}', '2025-06-25 12:00:00+00', '796', '2025-09-01 14:12:19.292107+00', NULL, 14),
	(1, 23, 1, 'program_events/customer.rule_completed', '{"rule_id":4}', '2025-06-25 12:00:00+00', '798', '2025-09-01 14:12:19.332101+00', NULL, 15),
	(1, 24, 1, 'program_events/customer.claimed_reward', '{"reward_id":3,"kind":"free_shipping_voucher","source":"rule_completion"}', '2025-06-25 12:00:00+00', '798', '2025-09-01 14:12:19.332126+00', 1, NULL),
	(1, 25, 1, 'program_events/customer.rule_completed', '{"rule_id":1,"source":"order:1:a2:1"}', '2025-06-25 12:00:00+00', '800', '2025-09-01 14:12:19.36793+00', NULL, NULL),
	(1, 26, 2, 'program_events/customer.rule_completed', '{"rule_id":1,"source":"order:1:b1:1"}', '2025-06-25 12:00:00+00', '803', '2025-09-01 14:12:19.396811+00', NULL, NULL),
	(1, 27, 1, 'customers/update', '{}', '2025-06-25 12:00:00+00', '806', '2025-09-01 14:12:19.431851+00', NULL, NULL),
	(1, 28, 1, 'customers/update', '{}', '2025-06-25 12:00:00+00', '808', '2025-09-01 14:12:19.469966+00', NULL, NULL),
	(1, 29, 2, 'customers/update', '{}', '2025-06-25 12:00:00+00', '810', '2025-09-01 14:12:19.492441+00', NULL, NULL),
	(1, 30, 2, 'program_events/customer.rule_completed', '{"rule_id":1,"source":"order:1:b2:1"}', '2025-06-25 12:00:00+00', '812', '2025-09-01 14:12:19.50817+00', NULL, NULL),
	(1, 31, 2, 'customers/update', '{}', '2025-06-25 12:00:00+00', '815', '2025-09-01 14:12:19.531101+00', NULL, NULL),
	(1, 32, 1, 'program_events/customer.claimed_reward', '{"reward_id":1,"kind":"cart_discount_voucher","source":"points_redemption"}', '2025-06-25 12:00:00+00', '817', '2025-09-01 14:12:19.551594+00', 2, NULL),
	(1, 33, 1, 'program_events/customer.claimed_reward', '{"reward_id":3,"kind":"free_shipping_voucher","source":"points_redemption"}', '2025-06-25 12:00:00+00', '819', '2025-09-01 14:12:19.563799+00', 3, NULL),
	(1, 34, 1, 'program_events/customer.claimed_reward', '{"reward_id":4,"kind":"custom","source":"points_redemption"}', '2025-06-25 12:00:00+00', '821', '2025-09-01 14:12:19.58406+00', 4, NULL),
	(1, 35, 1, 'program_events/customer.claimed_reward', '{"reward_id":5,"kind":"gift_card","source":"points_redemption"}', '2025-06-25 12:00:00+00', '823', '2025-09-01 14:12:19.600158+00', 5, NULL),
	(1, 36, 1, 'rewards/refunded', '{"reward_id":3,"kind":"free_shipping_voucher"}', '2025-06-25 12:00:00+00', '825', '2025-09-01 14:12:19.637831+00', 3, NULL),
	(1, 37, 1, 'program_events/customer.rule_completed', '{"rule_id":1,"source":"order:1:a4:1"}', '2025-06-25 12:00:00+00', '827', '2025-09-01 14:12:19.656038+00', NULL, NULL),
	(1, 38, 1, 'rewards/used', '{"reward_id":1,"kind":"cart_discount_voucher","reference":"a4"}', '2025-06-25 12:00:00+00', '830', '2025-09-01 14:12:19.682138+00', 2, NULL),
	(1, 39, 1, 'program_events/customer.claimed_reward', '{"reward_id":6,"kind":"product_cart","source":"points_redemption"}', '2025-06-25 12:00:00+00', '833', '2025-09-01 14:12:19.715083+00', 6, NULL),
	(1, 40, 5, 'program_events/customer.enrolled', '{"enrollment":{"date":"2025-06-25T12:00:00+00:00","trigger":"signup"}}', '2025-06-25 12:00:00+00', '836', '2025-09-01 14:12:19.7813+00', NULL, NULL),
	(1, 41, 5, 'program_events/customer.rule_completed', '{"rule_id":3}', '2025-06-25 12:00:00+00', '836', '2025-09-01 14:12:19.781315+00', NULL, 27),
	(1, 42, 5, 'program_events/customer.points_earned', '{"points":100}', '2025-06-25 12:00:00+00', '836', '2025-09-01 14:12:19.781325+00', NULL, 27),
	(1, 43, 5, 'program_events/customer.rule_completed', '{"rule_id":1,"source":"order:1:f1:1"}', '2025-06-25 12:00:00+00', '838', '2025-09-01 14:12:19.800589+00', NULL, NULL),
	(1, 44, 5, 'program_events/customer.tier_upgraded', '{"previous_tier_id":1,"new_tier_id":2}', '2025-06-25 12:00:00+00', '838', '2025-09-01 14:12:19.800605+00', NULL, NULL),
	(1, 45, 2, 'program_events/customer.referral_complete', '{"rule_id":8,"order_merchant_id":"f1","site_id":1}', '2025-06-25 12:00:00+00', '842', '2025-09-01 14:12:19.839627+00', NULL, 30),
	(1, 46, 1, 'program_events/customer.reward_available_notification', '{}', '2025-06-25 12:00:00+00', '852', '2025-09-01 14:12:20.185521+00', NULL, NULL),
	(1, 47, 4, 'program_events/customer.reward_available_notification', '{}', '2025-06-25 12:00:00+00', '854', '2025-09-01 14:12:20.195824+00', NULL, NULL),
	(1, 48, 2, 'program_events/customer.reward_available_notification', '{}', '2025-06-25 12:00:00+00', '856', '2025-09-01 14:12:20.277478+00', NULL, NULL),
	(1, 49, 3, 'program_events/customer.reward_available_notification', '{}', '2025-06-25 12:00:00+00', '858', '2025-09-01 14:12:20.279822+00', NULL, NULL),
	(1, 50, 5, 'program_events/customer.points_earned', '{"points":575}', '2025-09-13 12:00:00+00', '864', '2025-09-01 14:12:20.38843+00', NULL, 29),
	(1, 51, 1, 'customers/update', '{}', '2025-09-13 12:00:00+00', '866', '2025-09-01 14:12:20.436437+00', NULL, NULL),
	(1, 52, 2, 'customers/update', '{}', '2025-09-13 12:00:00+00', '868', '2025-09-01 14:12:20.458447+00', NULL, NULL),
	(1, 53, 1, 'program_events/customer.points_earned', '{"points":400}', '2025-09-13 12:00:00+00', '870', '2025-09-01 14:12:20.477017+00', NULL, 16),
	(1, 54, 1, 'program_events/customer.points_earned', '{"points":550}', '2025-09-13 12:00:00+00', '870', '2025-09-01 14:12:20.477925+00', NULL, 24),
	(1, 57, 2, 'program_events/customer.approaching_points_expiration', '{"expire_points_at":"2025-09-25T00:00:00Z","points_to_expire":600}', '2025-09-13 12:00:00+00', '874', '2025-09-01 14:12:20.514586+00', NULL, NULL),
	(1, 55, 2, 'program_events/customer.points_earned', '{"points":100}', '2025-09-13 12:00:00+00', '872', '2025-09-01 14:12:20.497236+00', NULL, 17),
	(1, 56, 2, 'program_events/customer.points_earned', '{"points":500}', '2025-09-13 12:00:00+00', '872', '2025-09-01 14:12:20.497383+00', NULL, 30),
	(1, 59, 1, 'program_events/customer.approaching_points_expiration', '{"expire_points_at":"2025-09-25T00:00:00Z","points_to_expire":2600}', '2025-09-13 12:00:00+00', '878', '2025-09-01 14:12:20.520261+00', NULL, NULL),
	(1, 60, 3, 'customers/update', '{}', '2025-09-13 12:00:00+00', '881', '2025-09-01 14:12:20.546372+00', NULL, NULL),
	(1, 58, 5, 'program_events/customer.approaching_points_expiration', '{"expire_points_at":"2025-09-25T00:00:00Z","points_to_expire":675}', '2025-09-13 12:00:00+00', '876', '2025-09-01 14:12:20.515392+00', NULL, NULL),
	(1, 61, 4, 'customers/update', '{}', '2025-09-13 12:00:00+00', '883', '2025-09-01 14:12:20.554433+00', NULL, NULL),
	(1, 62, 1, 'program_events/customer.rule_completed', '{"rule_id":1,"source":"order:1:a3:1"}', '2025-09-14 12:00:00+00', '887', '2025-09-01 14:12:20.59164+00', NULL, NULL);
INSERT INTO public.expiry_notices VALUES
	(1, 2, '2025-09-25 00:00:00+00'),
	(1, 5, '2025-09-25 00:00:00+00'),
	(1, 1, '2025-09-25 00:00:00+00');
INSERT INTO public.history VALUES
	(1, 1, 1, 'entered_tier', NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 'Silver', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '769', '2025-09-01 14:12:18.773905+00', NULL, 1),
	(1, 2, 1, 'earned_points_from_rule', 'approved', '2025-06-10 12:00:00+00', 100, 3, 'join_program', NULL, NULL, NULL, NULL, 1, 'Join our loyalty program', NULL, NULL, NULL, '2025-09-10 00:00:00+00', '2025-06-10 12:00:00+00', '769', '2025-09-01 14:12:18.774316+00', NULL, 1),
	(1, 3, 2, 'entered_tier', NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 'Silver', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '771', '2025-09-01 14:12:18.896468+00', NULL, 1),
	(1, 5, 3, 'entered_tier', NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 'Silver', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '773', '2025-09-01 14:12:18.935165+00', NULL, 1),
	(1, 7, 4, 'entered_tier', NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 'Silver', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '775', '2025-09-01 14:12:18.97075+00', NULL, 1),
	(1, 10, 1, 'entered_tier', NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 2, 1, 'Gold', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '779', '2025-09-01 14:12:19.063202+00', NULL, 1),
	(1, 13, 2, 'earned_points_from_rule', 'pending', '2025-06-10 12:00:00+00', 50, 6, 'review', NULL, NULL, NULL, NULL, 1, 'Write a review', NULL, 'activity:$review:r1', NULL, '2025-09-10 00:00:00+00', '2025-06-10 12:00:00+00', '789', '2025-09-01 14:12:19.183703+00', NULL, 1),
	(1, 14, 1, 'points_added', 'approved', '2025-06-25 12:00:00+00', 1900, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, 'thanks', NULL, NULL, '2025-09-25 00:00:00+00', '2025-06-25 12:00:00+00', '796', '2025-09-01 14:12:19.291648+00', NULL, 1),
	(1, 15, 1, 'received_reward', 'approved', '2025-06-25 12:00:00+00', NULL, 4, 'custom', 3, 'free_shipping_voucher', 1, NULL, 1, 'Free shipping', NULL, 'activity:quiz:q1', NULL, NULL, '2025-06-25 12:00:00+00', '798', '2025-09-01 14:12:19.331568+00', NULL, 1),
	(1, 30, 2, 'earned_points_from_rule', 'approved', '2025-06-25 12:00:00+00', 500, 8, 'referral', NULL, NULL, NULL, NULL, 1, 'Send a friend', NULL, 'referral:fay@lion.example', '2025-07-09 12:00:00+00', '2025-09-25 00:00:00+00', '2025-09-13 12:00:00+00', '842', '2025-09-01 14:12:19.839276+00', NULL, 1),
	(1, 18, 2, 'points_removed', 'applied', '2025-06-25 12:00:00+00', -30, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, 'oops', NULL, NULL, NULL, '2025-06-25 12:00:00+00', '810', '2025-09-01 14:12:19.491594+00', NULL, 1),
	(1, 19, 2, 'earned_points_from_rule', 'declined', '2025-06-25 12:00:00+00', 150, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:b2:1', '2025-07-09 12:00:00+00', '2025-09-25 00:00:00+00', '2025-06-25 12:00:00+00', '812', '2025-09-01 14:12:19.507807+00', 6, 1),
	(1, 20, 1, 'redeemed_points_for_reward', 'approved', '2025-06-25 12:00:00+00', -400, NULL, NULL, 1, 'cart_discount_voucher', 2, NULL, 1, '$5 discount', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '817', '2025-09-01 14:12:19.551157+00', NULL, 1),
	(1, 22, 1, 'redeemed_points_for_reward', 'approved', '2025-06-25 12:00:00+00', -50, NULL, NULL, 4, 'custom', 4, NULL, 1, 'Mug', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '821', '2025-09-01 14:12:19.583548+00', NULL, 1),
	(1, 23, 1, 'redeemed_points_for_reward', 'approved', '2025-06-25 12:00:00+00', -200, NULL, NULL, 5, 'gift_card', 5, NULL, 1, 'Card', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '823', '2025-09-01 14:12:19.599661+00', NULL, 1),
	(1, 21, 1, 'redeemed_points_for_reward', 'void', '2025-06-25 12:00:00+00', -300, NULL, NULL, 3, 'free_shipping_voucher', 3, NULL, 1, 'Free shipping', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '819', '2025-09-01 14:12:19.563283+00', NULL, 1),
	(1, 25, 1, 'redeemed_points_for_reward', 'approved', '2025-06-25 12:00:00+00', -100, NULL, NULL, 6, 'product_cart', 6, NULL, 1, 'Cup', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '833', '2025-09-01 14:12:19.714719+00', NULL, 1),
	(1, 26, 5, 'entered_tier', NULL, '2025-06-25 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 'Silver', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '836', '2025-09-01 14:12:19.780868+00', NULL, 1),
	(1, 27, 5, 'earned_points_from_rule', 'approved', '2025-06-25 12:00:00+00', 100, 3, 'join_program', NULL, NULL, NULL, NULL, 1, 'Join our loyalty program', NULL, NULL, NULL, '2025-09-25 00:00:00+00', '2025-06-25 12:00:00+00', '836', '2025-09-01 14:12:19.780914+00', NULL, 1),
	(1, 28, 5, 'entered_tier', NULL, '2025-06-25 12:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 2, 1, 'Gold', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '838', '2025-09-01 14:12:19.800176+00', NULL, 1),
	(1, 29, 5, 'earned_points_from_rule', 'approved', '2025-06-25 12:00:00+00', 575, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:f1:1', '2025-07-09 12:00:00+00', '2025-09-25 00:00:00+00', '2025-09-13 12:00:00+00', '838', '2025-09-01 14:12:19.800215+00', 8, 1),
	(1, 31, 1, 'points_expired', NULL, '2025-09-13 12:00:00+00', -100, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 'expiry:1:2025-09-13T12:00:00+00:00:17', NULL, NULL, '2025-09-13 12:00:00+00', '866', '2025-09-01 14:12:20.43525+00', NULL, 1),
	(1, 11, 1, 'earned_points_from_rule', 'expired', '2025-06-10 12:00:00+00', 500, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:a1:1', '2025-06-24 12:00:00+00', '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '779', '2025-09-01 14:12:19.063319+00', 1, 1),
	(1, 32, 2, 'points_expired', NULL, '2025-09-13 12:00:00+00', -90, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 'expiry:2:2025-09-13T12:00:00+00:00:10', NULL, NULL, '2025-09-13 12:00:00+00', '868', '2025-09-01 14:12:20.456821+00', NULL, 1),
	(1, 12, 2, 'earned_points_from_rule', 'expired', '2025-06-10 12:00:00+00', 20, 5, 'custom', NULL, NULL, NULL, NULL, 1, 'Wait', NULL, 'activity:slow:s1', '2025-06-20 12:00:00+00', '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '787', '2025-09-01 14:12:19.151669+00', NULL, 1),
	(1, 4, 2, 'earned_points_from_rule', 'expired', '2025-06-10 12:00:00+00', 100, 3, 'join_program', NULL, NULL, NULL, NULL, 1, 'Join our loyalty program', NULL, NULL, NULL, '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '771', '2025-09-01 14:12:18.896564+00', NULL, 1),
	(1, 16, 1, 'earned_points_from_rule', 'approved', '2025-06-25 12:00:00+00', 400, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:a2:1', '2025-07-09 12:00:00+00', '2025-09-25 00:00:00+00', '2025-09-13 12:00:00+00', '800', '2025-09-01 14:12:19.367279+00', 4, 1),
	(1, 24, 1, 'earned_points_from_rule', 'approved', '2025-06-25 12:00:00+00', 550, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:a4:1', '2025-07-09 12:00:00+00', '2025-09-25 00:00:00+00', '2025-09-13 12:00:00+00', '827', '2025-09-01 14:12:19.655569+00', 7, 1),
	(1, 17, 2, 'earned_points_from_rule', 'approved', '2025-06-25 12:00:00+00', 100, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:b1:1', '2025-07-09 12:00:00+00', '2025-09-25 00:00:00+00', '2025-09-13 12:00:00+00', '803', '2025-09-01 14:12:19.396198+00', 5, 1),
	(1, 33, 3, 'points_expired', NULL, '2025-09-13 12:00:00+00', -170, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 'expiry:3:2025-09-13T12:00:00+00:00:2', NULL, NULL, '2025-09-13 12:00:00+00', '881', '2025-09-01 14:12:20.545695+00', NULL, 1),
	(1, 9, 3, 'points_added', 'expired', '2025-06-10 12:00:00+00', 70, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, 'hello', NULL, NULL, '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '777', '2025-09-01 14:12:18.996132+00', NULL, 1),
	(1, 6, 3, 'earned_points_from_rule', 'expired', '2025-06-10 12:00:00+00', 100, 3, 'join_program', NULL, NULL, NULL, NULL, 1, 'Join our loyalty program', NULL, NULL, NULL, '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '773', '2025-09-01 14:12:18.935289+00', NULL, 1),
	(1, 8, 4, 'earned_points_from_rule', 'expired', '2025-06-10 12:00:00+00', 100, 3, 'join_program', NULL, NULL, NULL, NULL, 1, 'Join our loyalty program', NULL, NULL, NULL, '2025-09-10 00:00:00+00', '2025-09-13 12:00:00+00', '775', '2025-09-01 14:12:18.97092+00', NULL, 1),
	(1, 34, 4, 'points_expired', NULL, '2025-09-13 12:00:00+00', -100, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 'expiry:4:2025-09-13T12:00:00+00:00:1', NULL, NULL, '2025-09-13 12:00:00+00', '883', '2025-09-01 14:12:20.552897+00', NULL, 1),
	(1, 35, 1, 'earned_points_from_rule', 'pending', '2025-09-14 12:00:00+00', 600, 1, 'purchase', NULL, NULL, NULL, NULL, 1, 'Make a purchase', NULL, 'order:1:a3:1', '2025-09-28 12:00:00+00', '2025-12-14 00:00:00+00', '2025-09-14 12:00:00+00', '887', '2025-09-01 14:12:20.591277+00', 9, 1);
INSERT INTO public.job_cursors VALUES
	(1, 'purchases', '45'),
	(1, 'birthdays', '{"day":"2025-06-25"}'),
	(1, 'segments', '{"day":"2025-06-25"}'),
	(1, 'members', '{"day":"2025-06-24"}'),
	(1, 'announcements', '19'),
	(1, 'reminders', '{"day":"2025-06-25"}'),
	(1, 'notices', '{"day":"2025-09-13","version":1,"through":"2025-10-13T12:00:00Z"}'),
	(1, 'expiry', '{"day":"2025-09-13","version":1,"after":null}');
INSERT INTO public.lots VALUES
	(1, 5, '2025-09-25 00:00:00+00', 675),
	(1, 1, '2025-09-25 00:00:00+00', 2600),
	(1, 2, '2025-09-25 00:00:00+00', 600);
INSERT INTO public.members_daily VALUES
	(1, '2025-06-24', 1, 3),
	(1, '2025-06-24', 2, 2);
INSERT INTO public.orders VALUES
	(1, 1, 1, 1, 1, 'a1', NULL, 'ann@lion.example', 'ann@lion.example', false, 10500, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '2025-06-10 12:00:00+00', 'enrolled', 1, 1, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":5,"per_unit":true,"rounding":"floor","approve_at":"2025-06-24T12:00:00Z","expires_at":"2025-09-10T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-06-10","spend_minor":10000,"orders":1}', '2025-06-10 12:00:00+00', '2025-06-10 12:00:00+00', '780', '2025-09-01 14:12:19.054024+00', false),
	(1, 2, 1, NULL, 1, 'c1', NULL, 'cat@lion.example', 'cat@lion.example', false, 5500, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', '2025-06-10 12:00:00+00', 'guest', NULL, NULL, false, NULL, '[]', NULL, '2025-06-10 12:00:00+00', '2025-06-10 12:00:00+00', '782', '2025-09-01 14:12:19.085978+00', false),
	(1, 3, 1, 2, 1, 'u1', NULL, 'bob@lion.example', 'bob@lion.example', false, 4500, 500, 0, 0, 0, NULL, 0, 'not_paid', 'not_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-10 12:00:00+00', NULL, NULL, NULL, NULL, false, NULL, '[]', NULL, '2025-06-10 12:00:00+00', '2025-06-10 12:00:00+00', '785', '2025-09-01 14:12:19.121467+00', false),
	(1, 5, 1, 2, 1, 'b1', NULL, 'bob@lion.example', 'bob@lion.example', false, 2500, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', 'enrolled', 1, 1, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":5,"per_unit":true,"rounding":"floor","approve_at":"2025-07-09T12:00:00Z","expires_at":"2025-09-25T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-06-25","spend_minor":2000,"orders":1}', '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', '804', '2025-09-01 14:12:19.395863+00', false),
	(1, 9, 1, 1, 1, 'a3', NULL, 'ann@lion.example', 'ann@lion.example', false, 6500, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-09-14 12:00:00+00', '2025-09-14 12:00:00+00', 'enrolled', 1, 2, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":10,"per_unit":true,"rounding":"floor","approve_at":"2025-09-28T12:00:00Z","expires_at":"2025-12-14T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-09-14","spend_minor":6000,"orders":1}', '2025-09-14 12:00:00+00', '2025-09-14 12:00:00+00', '888', '2025-09-01 14:12:20.59105+00', false),
	(1, 4, 3, 1, 1, 'a2', NULL, 'ann@lion.example', 'ann@lion.example', false, 8500, 500, 0, 0, 0, NULL, 4000, 'paid', 'partially_refunded', 'not_cancelled', '[]', '[]', '[]', '[]', '[{"amount_minor":4000,"created_at":"2025-06-25T12:00:00Z"}]', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', 'enrolled', 1, 2, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":10,"per_unit":true,"rounding":"floor","approve_at":"2025-07-09T12:00:00Z","expires_at":"2025-09-25T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-06-25","spend_minor":4000,"orders":1}', '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', '801', '2025-09-01 14:12:19.366883+00', false),
	(1, 6, 2, 2, 1, 'b2', NULL, 'bob@lion.example', 'bob@lion.example', false, 3500, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'cancelled', '[]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', 'enrolled', 1, 1, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":5,"per_unit":true,"rounding":"floor","approve_at":"2025-07-09T12:00:00Z","expires_at":"2025-09-25T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-06-25","spend_minor":0,"orders":0}', '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', '813', '2025-09-01 14:12:19.507502+00', false),
	(1, 7, 1, 1, 1, 'a4', NULL, 'ann@lion.example', 'ann@lion.example', false, 6000, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'not_cancelled', '[{"code":"LL-THCA89UKXP","amount_minor":500}]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', 'enrolled', 1, 2, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":10,"per_unit":true,"rounding":"floor","approve_at":"2025-07-09T12:00:00Z","expires_at":"2025-09-25T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-06-25","spend_minor":5500,"orders":1}', '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', '828', '2025-09-01 14:12:19.655234+00', false),
	(1, 8, 1, 5, 1, 'f1', NULL, 'fay@lion.example', 'fay@lion.example', false, 12000, 500, 0, 0, 0, NULL, 0, 'paid', 'not_refunded', 'not_cancelled', '[{"code":"LL-5KJ7CWQ2DV","amount_minor":1000}]', '[]', '[]', '[]', '[]', NULL, NULL, NULL, NULL, '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', 'enrolled', 1, 1, false, '[{"rule_id":1,"rule_kind":"purchase","title":"Make a purchase","points":5,"per_unit":true,"rounding":"floor","approve_at":"2025-07-09T12:00:00Z","expires_at":"2025-09-25T00:00:00Z","modifiers":[],"products":[],"collections":[]}]', '[]', '{"counted_on":"2025-06-25","spend_minor":11500,"orders":1}', '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00', '839', '2025-09-01 14:12:19.799915+00', false);
INSERT INTO public.points_daily_ends VALUES
	(1, 0);
INSERT INTO public.program_versions VALUES
	(1, 1, '{"leal":1,"name":"Lion Rewards","sites":[{"id":1,"name":"Lion Shop","url":"https://lion.example","currency":"usd","languages":["en","de"],"country":"US"}],"tiers":{"boundary_mode":"spend","membership":{"mode":"rolling","duration_months":12},"benefits":[{"id":1,"label":"Early access to new products"},{"id":2,"label":"Free makeup classes","details":"Email classes@example.com to sign up to a class"}],"tiers":[{"id":1,"key":"silver","name":"Silver","lower_bound":0,"benefits":[1]},{"id":2,"key":"gold","name":"Gold","lower_bound":100,"benefits":[1,2]}]},"rules":[{"id":1,"kind":"purchase","title":{"en":"Make a purchase","de":"Einkaufen"},"points":5,"tiers":{"gold":{"points":10}},"approval_days":14},{"id":2,"kind":"pageview","title":"Visit our online store","points":100,"limit":{"count":1,"interval":"week"},"tiers":{"gold":{"points":200}},"page_patterns":["/"]},{"id":3,"kind":"join_program","title":"Join our loyalty program","points":100},{"id":4,"kind":"custom","title":"Take our quiz","name":"quiz","reward":3,"tiers":{"silver":{"enabled":false}}},{"id":5,"kind":"custom","name":"slow","title":"Wait","points":20,"approval_days":10},{"id":6,"kind":"review","title":"Write a review","points":50},{"id":7,"kind":"birthday","title":"Birthday","points":30},{"id":8,"kind":"referral","title":"Send a friend","points":500}],"rewards":[{"id":1,"kind":"cart_discount_voucher","title":"$5 discount","discount":{"amount":5},"minimum_spend":10,"applies_to_order_type":"one_time","recurring_cycle_limit":1,"cost":500,"tiers":{"gold":{"cost":400}}},{"id":2,"kind":"cart_variable_discount_voucher","title":"Redeem points at checkout","points_per_unit":100,"minimum_discount":1,"maximum_discount":100,"tiers":{"silver":{"enabled":false}}},{"id":3,"kind":"free_shipping_voucher","title":{"en":"Free shipping","de":"Versand frei"},"max_shipping":"9.90","cost":300},{"id":4,"kind":"custom","title":"Mug","cost":50,"fulfillment":{"kind":"manual"}},{"id":5,"kind":"gift_card","title":"Card","cost":200,"initial_balance":"9.90"},{"id":6,"kind":"product_cart","title":"Cup","cost":100,"product":{"id":"500","title":"Mug","variants":[{"id":"501","inventory_count":3},{"id":"502"}]}},{"id":7,"kind":"product_discount_voucher","title":"Ten off","cost":20,"codes":"pool","product":{"id":"500"},"discount":{"percentage":10}}],"referrals":{"incentive":{"kind":"cart_discount_voucher","incentive_text":"Get a 10% discount when you spend over $100","discount":{"percentage":10},"minimum_spend":100}},"birthdays":{"store_year":false},"expiry":{"mode":"date_earned","months":3,"enabled_on":"2025-01-01"}}', 'test', '2025-06-10 12:00:00+00');
INSERT INTO public.progress VALUES
	(1, 4, '2025-06-10', 100, 0, 0),
	(1, 3, '2025-06-10', 170, 0, 0),
	(1, 1, '2025-06-10', 600, 10000, 1),
	(1, 2, '2025-06-10', 120, 0, 0),
	(1, 5, '2025-06-25', 675, 11500, 1),
	(1, 1, '2025-06-25', 2850, 9500, 2),
	(1, 2, '2025-06-25', 600, 2000, 1),
	(1, 1, '2025-09-14', 0, 6000, 1);
INSERT INTO public.referral_incentives VALUES
	(1, 'J6MPAxPxba', 'fay@lion.example', 'LL-5KJ7CWQ2DV', '203.0.113.24', NULL, '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00');
INSERT INTO public.referrals VALUES
	(1, 'fay@lion.example', 5, 2, 8, '2025-06-25 12:00:00+00');
INSERT INTO public.reward_stock VALUES
	(1, 6, '501', 1);
INSERT INTO public.sites VALUES
	(1, 1, '1a31d1448072c7d0b4fc8a777cf06f02', '\xf135872a2de512bdb2c9236c302f69c9ff7622d37f68caa277e8a2177d3492d4', '\x015aae2684a011eb801e66cb474ae7936a75892621baac222fa182a15a09a1b808538d29edb85d2d7a3ed7adec49f035e00737a7b5ab5a5b8bcb09a6772e4dea02067359d2', '5c49e07ba92a534d2e50831fe035f0b0', '\x0188620ae73f42521f2198a8a4d0bc7ebe1590ca6a4ab0beb8f9d6e0d6721926ee814ad15fd3d10109ec6d597b6e206f963961e5c3bb2d3e0eacfa0842466faa98297c96b1', '2025-06-10 12:00:00+00');
INSERT INTO public.transactions VALUES
	(1, 1, 1, 2, NULL, 'activity', 'awarded', 100, 0, 0, '[["2025-09-10T00:00:00Z",100]]', '2025-06-10 12:00:00+00', '769', '2025-09-01 14:12:18.783496+00'),
	(1, 2, 2, 4, NULL, 'activity', 'awarded', 100, 0, 0, '[["2025-09-10T00:00:00Z",100]]', '2025-06-10 12:00:00+00', '771', '2025-09-01 14:12:18.898637+00'),
	(1, 3, 3, 6, NULL, 'activity', 'awarded', 100, 0, 0, '[["2025-09-10T00:00:00Z",100]]', '2025-06-10 12:00:00+00', '773', '2025-09-01 14:12:18.935514+00'),
	(1, 4, 4, 8, NULL, 'activity', 'awarded', 100, 0, 0, '[["2025-09-10T00:00:00Z",100]]', '2025-06-10 12:00:00+00', '775', '2025-09-01 14:12:18.971268+00'),
	(1, 5, 3, 9, NULL, 'adjustment', 'awarded', 70, 0, 0, '[["2025-09-10T00:00:00Z",70]]', '2025-06-10 12:00:00+00', '777', '2025-09-01 14:12:18.996351+00'),
	(1, 6, 1, 11, NULL, 'activity', 'order state 1', 0, 500, 0, '[]', '2025-06-10 12:00:00+00', '779', '2025-09-01 14:12:19.063941+00'),
	(1, 7, 2, 12, NULL, 'activity', 'awarded', 0, 20, 0, '[]', '2025-06-10 12:00:00+00', '787', '2025-09-01 14:12:19.151858+00'),
	(1, 8, 2, 13, NULL, 'activity', 'awarded', 0, 50, 0, '[]', '2025-06-10 12:00:00+00', '789', '2025-09-01 14:12:19.183869+00'),
	(1, 9, 1, 11, NULL, 'activity', 'approved in version 4', 500, -500, 0, '[["2025-09-10T00:00:00Z",500]]', '2025-06-25 12:00:00+00', '793', '2025-09-01 14:12:19.270251+00'),
	(1, 10, 2, 12, NULL, 'activity', 'approved in version 5', 20, -20, 0, '[["2025-09-10T00:00:00Z",20]]', '2025-06-25 12:00:00+00', '794', '2025-09-01 14:12:19.271529+00'),
	(1, 11, 1, 14, NULL, 'adjustment', 'awarded', 1900, 0, 0, '[["2025-09-25T00:00:00Z",1900]]', '2025-06-25 12:00:00+00', '796', '2025-09-01 14:12:19.291834+00'),
	(1, 12, 1, 16, NULL, 'activity', 'order state 1', 0, 800, 0, '[]', '2025-06-25 12:00:00+00', '800', '2025-09-01 14:12:19.367517+00'),
	(1, 13, 2, 17, NULL, 'activity', 'order state 1', 0, 100, 0, '[]', '2025-06-25 12:00:00+00', '803', '2025-09-01 14:12:19.396399+00'),
	(1, 14, 1, 16, NULL, 'activity', 'order state 2', 0, -400, 0, '[]', '2025-06-25 12:00:00+00', '806', '2025-09-01 14:12:19.431523+00'),
	(1, 15, 2, 18, NULL, 'adjustment', 'removed', -30, 0, 0, '[["2025-09-10T00:00:00Z",-30]]', '2025-06-25 12:00:00+00', '810', '2025-09-01 14:12:19.491815+00'),
	(1, 16, 2, 19, NULL, 'activity', 'order state 1', 0, 150, 0, '[]', '2025-06-25 12:00:00+00', '812', '2025-09-01 14:12:19.507933+00'),
	(1, 17, 2, 19, NULL, 'activity', 'order state 2', 0, -150, 0, '[]', '2025-06-25 12:00:00+00', '815', '2025-09-01 14:12:19.530923+00'),
	(1, 18, 1, 20, 2, 'claimed_reward', 'redeemed', -400, 0, 400, '[["2025-09-10T00:00:00Z",-400]]', '2025-06-25 12:00:00+00', '817', '2025-09-01 14:12:19.55127+00'),
	(1, 19, 1, 21, 3, 'claimed_reward', 'redeemed', -300, 0, 300, '[["2025-09-10T00:00:00Z",-200],["2025-09-25T00:00:00Z",-100]]', '2025-06-25 12:00:00+00', '819', '2025-09-01 14:12:19.563394+00'),
	(1, 20, 1, 22, 4, 'claimed_reward', 'redeemed', -50, 0, 50, '[["2025-09-25T00:00:00Z",-50]]', '2025-06-25 12:00:00+00', '821', '2025-09-01 14:12:19.583666+00'),
	(1, 21, 1, 23, 5, 'claimed_reward', 'redeemed', -200, 0, 200, '[["2025-09-25T00:00:00Z",-200]]', '2025-06-25 12:00:00+00', '823', '2025-09-01 14:12:19.599818+00'),
	(1, 22, 1, 21, 3, 'claimed_reward', 'refunded from 0', 300, 0, -300, '[["2025-09-10T00:00:00Z",200],["2025-09-25T00:00:00Z",100]]', '2025-06-25 12:00:00+00', '825', '2025-09-01 14:12:19.63753+00'),
	(1, 23, 1, 24, NULL, 'activity', 'order state 1', 0, 550, 0, '[]', '2025-06-25 12:00:00+00', '827', '2025-09-01 14:12:19.65579+00'),
	(1, 24, 1, 25, 6, 'claimed_reward', 'redeemed', -100, 0, 100, '[["2025-09-10T00:00:00Z",-100]]', '2025-06-25 12:00:00+00', '833', '2025-09-01 14:12:19.714841+00'),
	(1, 25, 5, 27, NULL, 'activity', 'awarded', 100, 0, 0, '[["2025-09-25T00:00:00Z",100]]', '2025-06-25 12:00:00+00', '836', '2025-09-01 14:12:19.781011+00'),
	(1, 26, 5, 29, NULL, 'activity', 'order state 1', 0, 575, 0, '[]', '2025-06-25 12:00:00+00', '838', '2025-09-01 14:12:19.800337+00'),
	(1, 27, 2, 30, NULL, 'activity', 'order state 1 in version 10', 0, 500, 0, '[]', '2025-06-25 12:00:00+00', '842', '2025-09-01 14:12:19.839431+00'),
	(1, 28, 5, 29, NULL, 'activity', 'approved in version 3', 575, -575, 0, '[["2025-09-25T00:00:00Z",575]]', '2025-09-13 12:00:00+00', '864', '2025-09-01 14:12:20.387467+00'),
	(1, 29, 1, 31, NULL, 'expiry', 'expired', -100, 0, 0, '[["2025-09-10T00:00:00Z",-100]]', '2025-09-13 12:00:00+00', '866', '2025-09-01 14:12:20.435856+00'),
	(1, 30, 2, 32, NULL, 'expiry', 'expired', -90, 0, 0, '[["2025-09-10T00:00:00Z",-90]]', '2025-09-13 12:00:00+00', '868', '2025-09-01 14:12:20.457606+00'),
	(1, 31, 1, 16, NULL, 'activity', 'approved in version 19', 400, -400, 0, '[["2025-09-25T00:00:00Z",400]]', '2025-09-13 12:00:00+00', '870', '2025-09-01 14:12:20.474269+00'),
	(1, 32, 1, 24, NULL, 'activity', 'approved in version 19', 550, -550, 0, '[["2025-09-25T00:00:00Z",550]]', '2025-09-13 12:00:00+00', '870', '2025-09-01 14:12:20.474407+00'),
	(1, 33, 2, 17, NULL, 'activity', 'approved in version 12', 100, -100, 0, '[["2025-09-25T00:00:00Z",100]]', '2025-09-13 12:00:00+00', '872', '2025-09-01 14:12:20.496165+00'),
	(1, 34, 2, 30, NULL, 'activity', 'approved in version 12', 500, -500, 0, '[["2025-09-25T00:00:00Z",500]]', '2025-09-13 12:00:00+00', '872', '2025-09-01 14:12:20.49662+00'),
	(1, 35, 3, 33, NULL, 'expiry', 'expired', -170, 0, 0, '[["2025-09-10T00:00:00Z",-170]]', '2025-09-13 12:00:00+00', '881', '2025-09-01 14:12:20.546093+00'),
	(1, 36, 4, 34, NULL, 'expiry', 'expired', -100, 0, 0, '[["2025-09-10T00:00:00Z",-100]]', '2025-09-13 12:00:00+00', '883', '2025-09-01 14:12:20.554219+00'),
	(1, 37, 1, 35, NULL, 'activity', 'order state 1', 0, 600, 0, '[]', '2025-09-14 12:00:00+00', '887', '2025-09-01 14:12:20.591404+00');
INSERT INTO public.webhook_cursors VALUES
	(1, 49);
INSERT INTO public.webhooks VALUES
	(1, 1, 'program_events/customer.enrolled', 'https://app.example.com/hooks', NULL, NULL, NULL, 49, 0, 'active', NULL, NULL, 0, NULL, 0, NULL, '2025-06-25 12:00:00+00', '2025-06-25 12:00:00+00');
SELECT pg_catalog.setval('public.api_keys_key_id_seq', 1, true);
SELECT pg_catalog.setval('public.claimed_rewards_claimed_reward_id_seq', 6, true);
SELECT pg_catalog.setval('public.customers_customer_id_seq', 5, true);
SELECT pg_catalog.setval('public.deliveries_delivery_id_seq', 1, false);
SELECT pg_catalog.setval('public.delivery_attempts_attempt_id_seq', 1, false);
SELECT pg_catalog.setval('public.events_event_id_seq', 62, true);
SELECT pg_catalog.setval('public.history_history_id_seq', 35, true);
SELECT pg_catalog.setval('public.orders_order_id_seq', 9, true);
SELECT pg_catalog.setval('public.programs_program_id_seq', 1, true);
SELECT pg_catalog.setval('public.transactions_transaction_id_seq', 37, true);
SELECT pg_catalog.setval('public.webhooks_webhook_id_seq', 1, true);
