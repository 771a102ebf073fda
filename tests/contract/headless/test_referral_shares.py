"""Shares of links: counted for members by day and channel, and for nobody else."""

from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.friends import SHARE, Party, friends_program
from tests.contract.headless.worlds import Shop
from tests.programs import Document
from tests.worlds import Answer

CHANNELS = ("direct", "facebook", "twitter", "email", "whatsapp", "instagram", "device_share")
COUNTED = "SELECT shares FROM referral_traffic WHERE referral_id = $1 AND channel = $2 AND day = $3"


@pytest.fixture(scope="module")
def party(shared_world: NewWorld) -> Party:
    return Party(Shop(shared_world(friends_program())))


@pytest.fixture(autouse=True)
def as_published(party: Party) -> None:
    party.shop.world.publish(friends_program())


def shares(party: Party, name: object, channel: object = "email", **how: Any) -> Answer:
    sent = {"channel": channel, "customer": {"merchant_id": name}}
    return party.shop.call(SHARE, json=sent, **how)


@pytest.mark.parametrize("channel", CHANNELS)
def test_shares_are_counted(party: Party, channel: str) -> None:
    name = f"ann-{channel}"
    link = party.joins(name)
    assert channel in party.shop.customer(name)["referral_urls"]
    for _ in range(2):
        answer = shares(party, name, channel)
        assert (answer.status, answer.body) == (204, b"")
    day = party.shop.world.now.date()
    assert party.value(COUNTED, link, channel, day) == 2
    assert party.value("SELECT count(*) FROM referral_traffic WHERE referral_id = $1", link) == 1


def test_who_is_no_member_shares_nothing(party: Party) -> None:
    party.joins("ann")
    shop = party.shop
    shop.sql("UPDATE customers SET enrolled_at = NULL WHERE merchant_id = 'ann'")
    assert shares(party, "ann").code == "customer_not_enrolled"
    shop.block("ann")
    assert shares(party, "ann").code == "customer_blocked"
    assert shares(party, "nobody").code == "not_found"


def test_there_is_nothing_to_share_while_referrals_are_off(party: Party) -> None:
    party.joins("off")
    party.shop.world.publish(friends_program(enabled=False))
    assert shares(party, "off").code == "referrals_not_enabled"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"channel": "email"}, "customer"),
        ({"channel": "email", "customer": "ann"}, "customer"),
        ({"channel": "email", "customer": {}}, "customer.merchant_id"),
        ({"channel": "email", "customer": {"merchant_id": 5}}, "customer.merchant_id"),
        ({"channel": "fax", "customer": {"merchant_id": "ann"}}, "channel"),
        ({"channel": None, "customer": {"merchant_id": "ann"}}, "channel"),
        ({"customer": {"merchant_id": "ann"}}, "channel"),
    ],
)
def test_what_is_malformed(party: Party, sent: Document, field: str) -> None:
    answer = party.shop.call(SHARE, json=sent)
    assert (answer.status, list(answer.json["error"]["details"])) == (400, [field])


def test_a_session_shares_its_own_link_only(party: Party) -> None:
    party.joins("own")
    party.joins("other")
    token = party.shop.token("own")
    assert shares(party, "own", key=token, query="").status == 204
    assert shares(party, "other", key=token).status == 403
