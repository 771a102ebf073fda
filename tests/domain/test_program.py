"""A program document means what the merchant wrote, and what cannot be meant is refused."""

from decimal import Decimal
from importlib.resources import files

import pytest
import yaml

from leal.domain.checks import check, read_program
from leal.domain.documents import decode, encode
from leal.domain.offers import Interval, Limit
from leal.domain.program import Program
from leal.domain.rewards import REWARD_KINDS
from leal.domain.rewards.goods import FixedDiscount
from leal.domain.rewards.terms import FixedCost, RewardKind, VariableCost
from leal.domain.rewards.vouchers import CartDiscountVoucherReward
from leal.domain.rules import RULE_KINDS
from leal.domain.rules.terms import Approval, PointsResult, RewardResult, RuleKind
from leal.domain.sites import Channel
from leal.domain.texts import Text
from tests.programs import Document, drop, program_with, put, second_site


def test_the_demo_program_can_be_published() -> None:
    text = files("leal.cli").joinpath("demo_program.yaml").read_text(encoding="utf-8")

    program = read_program(yaml.safe_load(text))

    assert program.name == "Thistle & Co"
    assert len(program.rules) == 10
    assert len(program.rewards) == 8
    assert len({reward.KIND for reward in program.rewards}) >= 7
    assert program.primary_site.currency == "usd"


def test_a_program_survives_being_stored() -> None:
    program = program_with()

    assert decode(Program, encode(program)) == program
    assert check(program) == ()


def test_things_are_found_by_their_ids() -> None:
    program = program_with()

    assert program.site(1) is program.sites[0]
    assert program.rule(4) is program.rules[3]
    assert program.reward(2) is program.rewards[1]
    assert program.tiers
    assert program.tier(2) is program.tiers.tiers[1]
    assert program.default_tier is program.tiers.tiers[0]
    nothing = (program.site(9), program.rule(9), program.reward(9), program.tier(9))
    assert nothing == (None, None, None, None)


def test_a_lone_site_is_primary_by_itself() -> None:
    assert program_with().primary_site.id == 1
    assert program_with(second_site()).primary_site.id == 2


def test_without_tiers_there_are_none_to_find() -> None:
    program = program_with(
        drop("tiers"),
        put("rules", [{"id": 1, "kind": "join_program", "title": "Join", "points": 5}]),
        put("rewards", []),
    )

    assert program.default_tier is None
    assert program.tier(1) is None
    (variant,) = program.rules[0].variants(program.tiers)
    assert (variant.tier_id, variant.enabled, variant.result) == (None, True, PointsResult(5))


def test_a_rule_has_a_variant_for_each_tier() -> None:
    program = program_with(
        put("rules.0.tiers.gold.title", "Golden shopping"),
        put("rules.0.description", "Earn as you shop"),
    )

    silver, gold = program.rules[0].variants(program.tiers)

    assert (silver.tier_id, gold.tier_id) == (1, 2)
    assert silver.result == PointsResult(5, per_currency_unit=True)
    assert gold.result == PointsResult(10, per_currency_unit=True)
    assert silver.title.in_("de") == "Einkaufen"
    assert gold.title.in_("de") == "Golden shopping"
    assert gold.description == silver.description == Text.everywhere("Earn as you shop")


def test_a_tier_can_switch_off_a_rule_but_not_on() -> None:
    quiz = program_with().rules[3]
    off = program_with(
        put("rules.3.enabled", value=False),
        put("rules.3.tiers.gold.enabled", value=True),
    ).rules[3]
    tiers = program_with().tiers

    assert [variant.enabled for variant in quiz.variants(tiers)] == [False, True]
    assert [variant.enabled for variant in off.variants(tiers)] == [False, False]
    assert quiz.variants(tiers)[1].result == RewardResult(3)


def test_a_tier_can_give_a_reward_instead_of_points() -> None:
    program = program_with(put("rules.2.tiers.gold.reward", 3))

    silver, gold = program.rules[2].variants(program.tiers)

    assert silver.result == PointsResult(100)
    assert gold.result == RewardResult(3)


def test_a_reward_costs_what_its_tier_says() -> None:
    program = program_with(put("rewards.1.tiers.gold.points_per_unit", 80))

    fixed, variable = (reward.variants(program.tiers) for reward in program.rewards[:2])

    assert [variant.cost for variant in fixed] == [FixedCost(500), FixedCost(400)]
    assert [variant.cost for variant in variable] == [VariableCost(100), VariableCost(80)]
    assert [variant.enabled for variant in variable] == [False, True]


def test_a_reward_given_by_rules_alone_needs_no_price() -> None:
    program = program_with(drop("rewards.2.cost"), put("rewards.2.trigger_only", value=True))

    assert program.rewards[2].variant_for(None).cost == FixedCost(0)
    assert not program.rewards[2].offered(1, Channel.WEB, None)


@pytest.mark.parametrize(
    ("site_id", "channel", "country", "offered"),
    [
        (1, Channel.WEB, "US", True),
        (1, Channel.WEB, None, True),
        (1, Channel.POS, "US", False),
        (1, Channel.WEB, "DE", False),
        (2, Channel.WEB, "US", False),
    ],
)
def test_a_reward_is_offered_where_site_channel_and_country_allow(
    site_id: int, channel: Channel, country: str | None, *, offered: bool
) -> None:
    reward = program_with(
        put("rewards.0.sites", [1]),
        put("rewards.0.channels", ["web", "mobile"]),
        put("rewards.0.countries", ["US", "CA"]),
    ).rewards[0]

    assert reward.offered(site_id, channel, country) is offered


def test_limits_are_counted_in_the_zone_of_the_first_site_or_of_the_primary() -> None:
    program = program_with(
        put("sites.0.timezone", "America/New_York"),
        second_site(),
        put("rules.0.sites", [1, 2]),
    )

    everywhere, somewhere = program.rules[1], program.rules[0]

    assert everywhere.zone(program).key == "Europe/Berlin"
    assert somewhere.zone(program).key == "America/New_York"
    assert program.rewards[0].zone(program).key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("currency", "setting", "counted"),
    [
        ("usd", None, False),
        ("cad", None, False),
        ("gbp", None, True),
        ("usd", True, True),
        ("gbp", False, False),
    ],
)
def test_tax_earns_points_by_the_habit_of_the_currency(
    currency: str, *, setting: bool | None, counted: bool
) -> None:
    site = program_with(
        put("sites.0.currency", currency), put("sites.0.points_for_tax", setting)
    ).primary_site

    assert site.counts_tax is counted


EXTRAS: dict[str, Document] = {
    "collection_purchase": {"collections": ["c1"]},
    "product_purchase": {"products": ["p1"]},
    "facebook_like": {"facebook_like_url": "https://facebook.example/lion"},
    "twitter_follow": {"twitter_handle": "lion"},
    "instagram_follow": {"instagram_handle": "lion"},
    "instagram_mention": {"instagram_handle": "lion"},
    "instagram_post_hashtag": {"instagram_handle": "lion", "hashtag": "roar"},
    "tiktok_follow": {"tiktok_handle": "lion"},
    "tiktok_post_hashtag": {"hashtag": "roar"},
    "clickthrough": {"destination_url": "https://lion.example/story"},
    "gift_card": {"initial_balance": 10},
    "cart_discount_voucher": {"discount": {"amount": 5}},
    "cart_variable_discount_voucher": {
        "points_per_unit": 100,
        "minimum_discount": 1,
        "maximum_discount": 9,
    },
    "product_discount_voucher": {"product": {"id": "p1"}, "discount": {"percentage": 100}},
    "collection_discount_voucher": {"collection": {"id": "c1"}, "discount": {"amount": 5}},
    "product_cart": {"product": {"id": "p1", "variants": [{"id": "v1"}]}},
    "active_subscription_discount_voucher": {"discount": {"percentage": 5}},
    "active_subscription_product": {"product": {"id": "p1"}},
}
AFTER_TWO_WEEKS = {"purchase", "product_purchase", "collection_purchase", "referral"}
BY_HAND = {"review", "retail_purchase"}
LIMITS = {
    "join_program": Limit(count=1),
    "newsletter_signup": Limit(count=1),
    "loyalty_pass_install": Limit(count=1),
    "facebook_like": Limit(count=1),
    "twitter_follow": Limit(count=1),
    "instagram_follow": Limit(count=1),
    "tiktok_follow": Limit(count=1),
    "birthday": Limit(count=1, interval=Interval.YEAR),
}


@pytest.mark.parametrize("kind", list(RuleKind))
def test_every_kind_of_rule_can_be_written_in_a_few_lines(kind: str) -> None:
    rule = {"id": 9, "kind": kind, "title": "Do it", "points": 5} | EXTRAS.get(kind, {})
    rule |= {"name": "quiz_2"} if kind == "custom" else {}

    read = program_with(put("rules.4", rule)).rules[4]

    assert kind == read.KIND
    assert type(read) is RULE_KINDS[RuleKind(kind)]
    assert read.approval_days == (14 if kind in AFTER_TWO_WEEKS else 0)
    assert (read.approval is Approval.TRIGGER) == (kind in BY_HAND)
    assert read.limit == LIMITS.get(kind)


@pytest.mark.parametrize("kind", list(RewardKind))
def test_every_kind_of_reward_can_be_written_in_a_few_lines(kind: str) -> None:
    price: Document = {} if kind == "cart_variable_discount_voucher" else {"cost": 5}
    reward = {"id": 9, "kind": kind, "title": "Have it"} | price | EXTRAS.get(kind, {})

    read = program_with(put("rewards.3", reward)).rewards[3]

    assert kind == read.KIND
    assert type(read) is REWARD_KINDS[RewardKind(kind)]
    minutes = {"product_cart": 60, "cart_variable_discount_voucher": 1440}
    assert read.auto_refund_minutes == minutes.get(kind)


def test_money_stays_exact() -> None:
    reward = program_with(put("rewards.0.discount", {"amount": 29.99})).rewards[0]

    assert isinstance(reward, CartDiscountVoucherReward)
    assert reward.discount == FixedDiscount(amount=Decimal("29.99"))


TEXT = Text.of({"fr": "Bonjour", "en": "Hello", "en-gb": "Good day"})


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Hello"),
        ("en-gb", "Good day"),
        ("en-us", "Hello"),
        ("de", "Bonjour"),
        ("fr-ca", "Bonjour"),
    ],
)
def test_a_text_is_given_in_the_nearest_language_there_is(language: str, words: str) -> None:
    assert TEXT.in_(language) == words
    assert Text.everywhere("Hi").in_(language) == "Hi"
