"""Links for who is no member: one for each address, kept by whoever joins under it.

Planted bugs these have caught: a second link for who registers twice, a link that two customers
were to have, orders that came through a guest's link and were forgotten when the guest joined.
"""

import json

import pytest

from leal.usecases.due import Kind
from tests.contract import schema
from tests.contract.conftest import NewWorld
from tests.contract.headless.friends import HERE, REGISTER, Party, friends_program
from tests.contract.headless.worlds import Shop, email_of, program
from tests.programs import Document
from tests.worlds import Answer

THERE = "198.51.100.7"


@pytest.fixture
def party(new_world: NewWorld) -> Party:
    return Party(Shop(new_world(friends_program())))


def registers(party: Party, address: str, **parts: object) -> Answer:
    sent = {"email": address, "first_name": "Gil", "ip_address": HERE, **parts}
    return party.shop.call(REGISTER, json=sent)


def link_of(party: Party, email: str) -> str:
    answer = registers(party, email)
    assert answer.status == 200, answer.body
    return party.link(answer.json)


def test_a_guest_gets_links_and_always_the_same(party: Party) -> None:
    answer = registers(party, "gil@guests.example")
    link = party.link(answer.json)
    urls = answer.json["referral_urls"]
    assert urls["direct"] == f"http://leal.test/r/{link}"
    assert urls["email"] == f"http://leal.test/r/{link}?via=email"
    assert len(urls) == 7
    again = registers(party, "GIL@guests.example", first_name="Gilda", ip_address=THERE)
    assert again.json == answer.json
    assert link_of(party, "other@guests.example") != link
    assert party.follows(link, via="email").headers["location"] == (
        f"https://lion.example/?ll_ref_id={link}"
    )


def test_twenty_at_once_get_one_link(party: Party) -> None:
    sent = {"email": "gil@guests.example", "first_name": "Gil", "ip_address": HERE}
    path = schema.route(REGISTER)[1].replace("{site_id}", "1")
    answers = party.all_at_once([(path, "POST", json.dumps(sent).encode())] * 20)
    assert {each.status for each in answers} == {200}
    assert len({each.body for each in answers}) == 1


@pytest.mark.parametrize("state", ["member", "guest", "blocked"])
def test_a_customers_address_has_its_links_already(party: Party, state: str) -> None:
    link = party.joins("ann")
    if state == "guest":
        party.shop.sql("UPDATE customers SET enrolled_at = NULL")
    if state == "blocked":
        party.shop.block("ann")
    answer = registers(party, email_of("ann"))
    assert party.link(answer.json) == link
    assert answer.json.keys() == {"referral_urls"}, "it does not tell whose they are"
    assert party.value("SELECT count(*) FROM referral_guests") == 0


def test_who_joins_keeps_the_link(party: Party) -> None:
    link = link_of(party, email_of("gil"))
    party.shop.visit("unasked")
    assert party.joins("gil") == link
    assert link_of(party, email_of("gil")) == link


def test_the_plugins_guests_keep_theirs_too(party: Party) -> None:
    by_activity, by_order = link_of(party, email_of("act")), link_of(party, email_of("ord"))
    party.signs_up("act")
    party.orders("1", "ord")
    for name, link in (("act", by_activity), ("ord", by_order)):
        party.shop.visit(name)
        assert party.link(party.shop.customer(name)) == link


def test_a_link_is_kept_by_one_only(party: Party) -> None:
    """The first moves on to another address, and somebody else comes with the old one."""
    link = link_of(party, email_of("gil"))
    party.shop.visit("first", email=email_of("gil"))
    party.shop.visit("first", email="new@lion.example")
    assert party.joins("gil") != link
    assert party.link(party.shop.customer("first")) == link


def test_a_guests_friend_gets_a_code(party: Party) -> None:
    link = link_of(party, "gil@guests.example")
    code = party.code(link, "fay@friends.example")
    assert party.asks(link, "gil+2@guests.example").code == "invalid_referee"
    party.shop.world.publish(friends_program(distinct_ips=True, stop_at_cap=True))
    assert party.asks(link, "guy@friends.example").code == "fraud_detected"
    assert party.code(link, "fay@friends.example") == code
    assert party.code(link, "guy@friends.example", ip_address=THERE)


def test_a_guest_who_joins_earns_what_their_link_brought(party: Party) -> None:
    link = link_of(party, email_of("gil"))
    party.orders("1", "fay", referral_id=link)
    assert party.value("SELECT count(*) FROM referrals") == 0
    party.joins("gil")
    assert party.works_off(Kind.CLAIMS) >= 0
    assert party.points("gil") == (0, 500)
    assert party.works_off(Kind.CLAIMS) == 0
    assert party.points("gil") == (0, 500)
    assert party.is_sound()


def test_nobody_registers_while_referrals_are_off(party: Party) -> None:
    for document in (program(), friends_program(enabled=False)):
        party.shop.world.publish(document)
        assert registers(party, "gil@guests.example").code == "referrals_not_enabled"


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"email": "gil"}, "email"),
        ({"email": None}, "email"),
        ({"first_name": ""}, "first_name"),
        ({"first_name": None}, "first_name"),
        ({"first_name": "x" * 256}, "first_name"),
        ({"ip_address": "203.0.113.24, 10.0.0.1"}, "ip_address"),
        ({"ip_address": None}, "ip_address"),
    ],
)
def test_what_is_malformed(party: Party, parts: Document, field: str) -> None:
    answer = registers(party, "gil@guests.example", **parts)
    assert (answer.status, list(answer.json["error"]["details"])) == (400, [field])


def test_a_session_token_registers_nobody(party: Party) -> None:
    sent = {"email": "gil@guests.example", "first_name": "Gil", "ip_address": HERE}
    party.joins("ann")
    assert party.shop.call(REGISTER, json=sent, key=party.shop.token("ann")).status == 403
