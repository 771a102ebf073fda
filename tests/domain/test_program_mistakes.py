"""Every slip in a program document is refused with its place and what would be right."""

import pytest

from leal.domain.documents import DocumentError
from tests.programs import Change, drop, program_with, put, second_site

CONDITIONAL = {"id": 3, "key": "vip", "name": "VIP", "kind": "conditional"}
BIRTHDAY = {"id": 9, "kind": "birthday", "title": "Birthday", "reward": 9}
FREE_SOAP = {"id": 9, "kind": "product_cart", "title": "Soap", "cost": 5} | {
    "product": {"id": "p1", "variants": [{"id": "v1"}]}
}
QUIZ = {"id": 9, "kind": "custom", "title": "Quiz", "points": 5, "name": "quiz"}
REFER = {"id": 9, "kind": "referral", "title": "Refer", "points": 5}
CALENDAR = {"mode": "calendar", "starts_on": {"month": 1, "day": 1}}
EXPIRY = {"mode": "date_earned", "months": 12, "enabled_on": "2026-01-01"}

MISTAKES: list[tuple[list[Change], str, str]] = [
    ([drop("name")], "name", "text of 1 to 255 characters"),
    ([put("leal", 2)], "leal", "1"),
    ([put("sites", [])], "sites", "a list of 1 to 1000 entries"),
    ([put("sites.0.currency", "USD")], "sites[0].currency", "a lower-case ISO 4217 code"),
    ([put("sites.0.country", value=False)], "sites[0].country", "an upper-case ISO 3166-1 code"),
    ([put("sites.0.timezone", "Europe/Bern")], "sites[0].timezone", "an IANA time zone"),
    ([put("sites.0.timezone", "../UTC")], "sites[0].timezone", "an IANA time zone"),
    ([put("sites.0.timezone", "Europe")], "sites[0].timezone", "an IANA time zone"),
    ([put("sites.0.url", "lion.example")], "sites[0].url", "a web address"),
    ([put("sites.0.url", "https://x y")], "sites[0].url", "a web address"),
    ([put("sites.0.languages", [])], "sites[0].languages", "a list of 1 to 50 entries"),
    ([put("sites.0.languages", ["en", "de", "en"])], "sites[0].languages[2]", "each of them once"),
    ([second_site({"id": 1})], "sites[1].id", "an id of its own"),
    ([second_site({"primary": False})], "sites", "`primary: true` on exactly one site"),
    ([second_site(), put("sites.0.primary", value=True)], "sites[1].primary", "false"),
    ([put("rules.0.kind", "purchases")], "rules[0].kind", "did you mean `purchase`?"),
    ([put("rules.0.poimts", 5)], "rules[0].poimts", "did you mean `points`?"),
    ([put("rules.0.points", 0)], "rules[0].points", "a whole number from 1 to 1000000"),
    ([put("rules.0.approval_days", 366)], "rules[0].approval_days", "a whole number from 0 to 365"),
    ([put("rules.1.id", 1)], "rules[1].id", "an id of its own"),
    ([put("rules.1.reward", 1)], "rules[1]", "either `points` or `reward`"),
    ([drop("rules.1.points")], "rules[1]", "either `points` or `reward`"),
    ([put("rules.3.reward", 7)], "rules[3].reward", "one of: 1, 2, 3"),
    ([put("rules.1.tiers.gold.reward", 1)], "rules[1].tiers.gold", "either `points` or `reward`"),
    ([put("rules.0.tiers.gold", {"reward": 1})], "rules[0].tiers.gold.reward", "`points`"),
    ([put("rules.0.tiers.glod", {})], "rules[0].tiers.glod", "did you mean `gold`?"),
    ([put("rules.0.sites", [7])], "rules[0].sites[0]", "one of: 1"),
    ([put("rules.0.title", {"fr": "Achat"})], "rules[0].title.fr", "one of: de, en"),
    ([put("rules.1.page_patterns", ["sale"])], "rules[1].page_patterns[0]", "the beginning of"),
    ([put("rules.3.name", "$quiz")], "rules[3].name", "a name of letters, digits"),
    ([put("rules.4", QUIZ)], "rules[4].name", "a name of its own"),
    ([put("rules.4", REFER), drop("referrals")], "rules[4]", "a section `referrals`"),
    (
        [put("rules.4", REFER | {"trigger": "qualifying_purchase"})],
        "rules[4].minimum_spend",
        "what",
    ),
    (
        [put("rules.4", REFER | {"minimum_spend": 5})],
        "rules[4].minimum_spend",
        "nothing, or trigger",
    ),
    ([put("rules.4", BIRTHDAY), put("rewards.3", FREE_SOAP)], "rules[4].reward", "a reward of"),
    (
        [put("rules.0.opens_on", "2025-06-02"), put("rules.0.closes_on", "2025-06-01")],
        "rules[0].closes_on",
        "2025-06-02 or a later day",
    ),
    ([put("rewards.1.id", 1)], "rewards[1].id", "an id of its own"),
    ([drop("rewards.0.cost")], "rewards[0].cost", "a price in points, or `trigger_only: true`"),
    ([put("rewards.0.discount", {"percentage": 0})], "rewards[0].discount.percentage", "a whole"),
    ([put("rewards.0.discount", {"percentage": 101})], "rewards[0].discount.percentage", "a whole"),
    ([put("rewards.0.discount", {"amount": 0})], "rewards[0].discount.amount", "a number"),
    ([put("rewards.0.discount", {"amount": "0.999"})], "rewards[0].discount.amount", "at most 2"),
    ([second_site({"currency": "jpy"})], "rewards[2].max_shipping", "a whole amount"),
    (
        [put("rewards.0.tiers.gold.points_per_unit", 5)],
        "rewards[0].tiers.gold.points_per_unit",
        "`c",
    ),
    ([put("rewards.1.tiers.gold", {"cost": 5})], "rewards[1].tiers.gold.cost", "`points_per_unit`"),
    ([put("rewards.1.maximum_discount", "0.50")], "rewards[1].maximum_discount", "the minimum or"),
    ([put("rewards.1.trigger_only", value=True)], "rewards[1].trigger_only", "false"),
    ([put("rewards.3", FREE_SOAP | {"product": {"id": "p"}})], "rewards[3].product.variants", "at"),
    ([put("rewards.0.countries", ["us"])], "rewards[0].countries[0]", "an upper-case ISO 3166-1"),
    (
        [second_site({"kind": "content"}), put("rewards.0.sites", [2])],
        "rewards[0].sites[0]",
        "an ecommerce or pos site",
    ),
    ([put("tiers.tiers.1.id", 1)], "tiers.tiers[1].id", "an id of its own"),
    ([put("tiers.tiers.0.lower_bound", 10)], "tiers.tiers[0].lower_bound", "0 for the first tier"),
    ([put("tiers.tiers.1.lower_bound", 0)], "tiers.tiers[1].lower_bound", "more than 0"),
    ([drop("tiers.tiers.1.lower_bound")], "tiers.tiers[1].lower_bound", "how many spend the tier"),
    ([put("tiers.tiers.1.lower_bound", "0.001")], "tiers.tiers[1].lower_bound", "an amount of usd"),
    (
        [put("tiers.boundary_mode", "orders"), put("tiers.tiers.1.lower_bound", 2.5)],
        "tiers.tiers[1].lower_bound",
        "a whole number",
    ),
    ([put("tiers.tiers.0.hidden", value=True)], "tiers.tiers[0].hidden", "false"),
    (
        [put("tiers.tiers.2", CONDITIONAL | {"lower_bound": 5})],
        "tiers.tiers[2].lower_bound",
        "noth",
    ),
    ([put("tiers.tiers.1.key", "Gold")], "tiers.tiers[1].key", "a short name of lower-case"),
    (
        [put("tiers.tiers.0.benefits", [9])],
        "tiers.tiers[0].benefits[0]",
        "an id from tiers.benefits",
    ),
    ([put("tiers.tiers.1.grants", 9)], "tiers.tiers[1].grants", "one of: 1, 2, 3"),
    (
        [put("tiers.membership", {"mode": "rollin"})],
        "tiers.membership.mode",
        "did you mean `rolling`",
    ),
    (
        [put("tiers.membership", CALENDAR | {"months": 5})],
        "tiers.membership.months",
        "one of: 1, 2",
    ),
    (
        [put("tiers.membership", CALENDAR | {"starts_on": {"month": 2, "day": 30}})],
        "tiers.membership.starts_on.day",
        "at most 29",
    ),
    ([put("expiry", {"mode": "date_earned"})], "expiry.enabled_on", "a date such as"),
    ([put("expiry", EXPIRY | {"months": None})], "expiry.months", "a number of months"),
    ([put("expiry", EXPIRY | {"grace_months": 1})], "expiry.grace_months", "nothing"),
    (
        [put("expiry", {"mode": "calendar", "enabled_on": "2026-01-01"})],
        "expiry.yearly_on",
        "a month and day",
    ),
    ([put("referrals.incentive.kind", "voucher")], "referrals.incentive.kind", "one of: cart"),
    ([put("referrals.base_url", "javascript:alert(1)")], "referrals.base_url", "a web address"),
    ([put("codes", {"alphabet": "0123456789", "length": 8})], "codes.length", "at least 13"),
    (
        [put("codes", {"alphabet": "AABCDEFGHJKLMNPQRSTUVWXYZ"})],
        "codes.alphabet",
        "different letters",
    ),
]


@pytest.mark.parametrize(("changes", "path", "right"), MISTAKES)
def test_a_mistake_is_named_with_its_place_and_what_would_be_right(
    changes: list[Change], path: str, right: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        program_with(*changes)

    (problem,) = caught.value.problems
    assert problem.path == path
    assert problem.right.startswith(right)
    assert problem.wrong
