"""Referral links: they lead to the shop, say whose they are, and are counted.

A planted bug these have caught: a shop's own query lost on the way.
"""

from collections.abc import Iterator

import pytest

from tests.contract.headless.friends import Party, friends_program
from tests.contract.headless.worlds import Shop, only_site
from tests.worlds import World, world_on

COUNTED = "SELECT clicks FROM referral_traffic WHERE referral_id = $1 AND channel = $2 AND day = $3"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with world_on(database_url, friends_program()) as made:
        yield made


@pytest.fixture
def party(world: World) -> Party:
    return Party(Shop(world))


def clicks(party: Party, link: str, channel: str) -> int | None:
    found: int | None = party.value(COUNTED, link, channel, party.shop.world.now.date())
    return found


def test_a_link_leads_to_the_shop(party: Party) -> None:
    ann = party.joins("ann")
    answer = party.follows(ann)
    assert (answer.status, answer.body) == (301, b"")
    assert answer.headers["location"] == f"https://lion.example/?ll_ref_id={ann}"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("url", "leads_to"),
    [
        ("https://lion.example/de", "https://lion.example/de?ll_ref_id={}"),
        ("https://lion.example/?a=1&b=%20", "https://lion.example/?a=1&b=%20&ll_ref_id={}"),
        ("https://lion.example/#top", "https://lion.example/?ll_ref_id={}#top"),
    ],
)
def test_what_the_shops_address_asks_for_is_kept(party: Party, url: str, leads_to: str) -> None:
    ann = party.joins("ann")
    party.shop.world.publish(only_site(friends_program(), url=url))
    assert party.follows(ann).headers["location"] == leads_to.format(ann)


def test_every_click_is_counted_on_its_channel(party: Party) -> None:
    ann = party.joins("ann")
    for via in (None, "email", "email", "fax"):
        assert party.follows(ann, via=via).status == 301
    assert (clicks(party, ann, "direct"), clicks(party, ann, "email")) == (2, 2)
    party.shop.world.later(days=1)
    party.follows(ann, via="email")
    assert clicks(party, ann, "email") == 1


def test_all_links_of_a_customer_work(party: Party) -> None:
    party.joins("ann")
    for channel, url in party.shop.customer("ann")["referral_urls"].items():
        link = url.removeprefix("http://leal.test")
        assert party.shop.world.get(link).status == 301
        assert clicks(party, party.link(party.shop.customer("ann")), channel) == 1


def test_who_only_looks_where_it_leads_is_not_counted(party: Party) -> None:
    ann = party.joins("ann")
    assert party.follows(ann, method="HEAD").status == 301
    assert clicks(party, ann, "direct") is None


@pytest.mark.parametrize("code", ["nobody", "%00", "\x00", "x" * 5000, "%ff", "ä", "a b"])
def test_a_link_that_is_nobodys(party: Party, code: str) -> None:
    assert party.follows(code).status == 404


def test_links_lead_nowhere_while_referrals_are_off(party: Party) -> None:
    ann = party.joins("ann")
    party.shop.world.publish(friends_program(enabled=False))
    answer = party.follows(ann)
    assert answer.status == 404
    assert clicks(party, ann, "direct") is None


def test_no_credentials_are_needed(world: World, party: Party) -> None:
    ann = party.joins("ann")
    answer = world.run(world.answer("GET", f"/r/{ann}", headers={}, body=b""))
    assert answer.status == 301


def test_links_may_live_elsewhere(party: Party) -> None:
    party.joins("ann")
    party.shop.world.publish(friends_program(base_url="https://go.lion.example/f/"))
    urls = party.shop.customer("ann")["referral_urls"]
    assert urls["direct"].startswith("https://go.lion.example/f/")
    assert urls["whatsapp"] == urls["direct"] + "?via=whatsapp"
