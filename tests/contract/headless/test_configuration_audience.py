"""Get Configuration: what each site, language, channel and country is shown of the program."""

from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.worlds import Shop, program
from tests.programs import Document, lion_rewards, put, second_site


@pytest.fixture(scope="module")
def press(shared_world: NewWorld) -> Shop:
    """A program that tests publish over and over."""
    return Shop(shared_world(program()))


def published(shop: Shop, document: Document, **how: Any) -> Any:
    """The configuration once this is the program."""
    shop.world.publish(document)
    return shop.configuration(**how)


def two_sites() -> Document:
    """A dollar site in English and German, and a yen site in French; some offers on one only."""
    document = program(
        rules=[
            {"id": 1, "kind": "purchase", "title": {"en": "Buy", "de": "Kaufen"}, "points": 1000},
            {"id": 2, "kind": "review", "title": "Review", "points": 1, "sites": [2]},
        ],
        rewards=[
            {
                "id": 1,
                "kind": "cart_discount_voucher",
                "title": {"de": "Rabatt"},
                "description": {"de": "Schön"},
                "discount": {"amount": 5},
                "cost": 1000,
            },
            {
                "id": 2,
                "kind": "gift_card",
                "title": "Card",
                "cost": 1,
                "initial_balance": 5,
                "sites": [1],
            },
        ],
    )
    second_site({"currency": "jpy", "languages": ["fr"], "country": "FR"})(document)
    return document


@pytest.mark.parametrize(
    ("site", "query", "texts"),
    [
        (1, "", ("en", "usd", "Buy", "1,000 points per $1", "Rabatt", "1,000 points", "$5")),
        (1, "&language=de",
         ("de", "usd", "Kaufen", "1.000 Punkte pro 1\xa0$", "Rabatt", "1.000 Punkte", "5\xa0$")),
        (1, "&language=DE",
         ("de", "usd", "Kaufen", "1.000 Punkte pro 1\xa0$", "Rabatt", "1.000 Punkte", "5\xa0$")),
        (2, "", ("fr", "jpy", "Buy", "1\u202f000 points par 1\xa0JPY", "Rabatt",
                 "1\u202f000 points", "5\xa0JPY")),
    ],
)  # fmt: skip
def test_sites_speak_their_language_and_count_in_their_currency(
    press: Shop, site: int, query: str, texts: tuple[str, ...]
) -> None:
    served = published(press, two_sites(), site=site, query=f"channel=web{query}")
    rule, reward = served["rules"][0]["variants"][0], served["rewards"][0]["variants"][0]
    assert (
        served["language"],
        served["currency"],
        rule["title"],
        rule["result_short_text"],
        reward["title"],
        reward["cost_text"],
        served["rewards"][0]["properties"]["discount"]["formatted"],
    ) == texts
    assert reward["description"] == "Schön", "any other language rather than nothing"


def test_offers_of_another_site_are_not_shown(press: Shop) -> None:
    first, second = published(press, two_sites()), press.configuration(site=2)
    assert ids(first, "rules") == [1]
    assert ids(first, "rewards") == [1, 2]
    assert ids(second, "rules") == [1, 2]
    assert ids(second, "rewards") == [1]


def test_on_a_content_site_shoppers_earn_and_do_not_redeem(press: Shop) -> None:
    document = two_sites()
    put("sites.1.kind", "content")(document)
    served = published(press, document, site=2)
    assert ids(served, "rules") == [1, 2]
    assert served["rewards"] == []
    assert press.visit("1", site=2)["customer"]["available_rewards"] == []
    assert len(press.customer("1", site=1)["available_rewards"]) == 2


def ids(served: Any, part: str) -> list[int]:
    return [each["id"] for each in served[part]]


def gift(number: int, **parts: object) -> Document:
    return {"id": number, "kind": "gift_card", "title": "G", "cost": 1, "initial_balance": 1,
            **parts}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("channel=web", [1, 3, 6]),
        ("channel=pos", [2, 3, 6]),
        ("channel=mobile", [3, 6]),
        ("channel=web&country=DE", [1, 3, 4, 5]),
        ("channel=web&country=de", [1, 3, 4, 5]),
        ("channel=web&country=FR", [1, 3, 5]),
        ("channel=pos&country=FR", [2, 3, 5]),
    ],
)
def test_channel_and_country_filter_rewards(press: Shop, query: str, shown: list[int]) -> None:
    rewards = [
        gift(1, channels=["web"]),
        gift(2, channels=["pos"]),
        gift(3),
        gift(4, countries=["DE"]),
        gift(5, countries=["DE", "FR"]),
        gift(6, countries=["US"]),
    ]
    assert ids(published(press, program(rewards=rewards), query=query), "rewards") == shown


def test_what_is_off_or_only_given_away_is_not_shown(press: Shop) -> None:
    document = lion_rewards()
    off_everywhere = {"silver": {"enabled": False}, "gold": {"enabled": False}}
    review = {"kind": "review", "title": "R", "points": 1}
    document["rules"] = [
        {**review, "id": 1, "enabled": False},
        {**review, "id": 2, "tiers": off_everywhere},
        {**review, "id": 3, "tiers": {"silver": {"enabled": False}}},
    ]
    document["rewards"] = [
        gift(1, enabled=False),
        gift(2, tiers=off_everywhere),
        gift(3, trigger_only=True),
        gift(4),
    ]
    served = published(press, document)
    assert ids(served, "rules") == [3]
    assert [each["enabled"] for each in served["rules"][0]["variants"]] == [False, True]
    assert ids(served, "rewards") == [4]
