"""A friend's code: one for each friend of each link, and every reason not to give one.

Planted bugs these have caught: a second code for a friend who asks twice, a code given before the
shop had made it, a failure for a friend who asked twice at the same moment.
"""

import asyncio
import json
from itertools import combinations
from typing import Any

import pytest

from leal.domain.sites import VoucherStoreKind
from leal.integrations.voucher_stores import Answer, Made, Refused, Unclear, Voucher
from leal.storage.referrals import NewIncentive, set_incentive_aside
from leal.usecases import codes
from tests.contract.conftest import NewWorld
from tests.contract.headless.friends import CLAIM, HERE, Party, friends_program
from tests.contract.headless.worlds import Shop, only_site, program
from tests.programs import Document

THERE = "198.51.100.7"
STORE = {"kind": "webhook", "url": "https://lion.example/vouchers"}


@pytest.fixture(scope="module")
def party(shared_world: NewWorld) -> Party:
    return Party(Shop(shared_world(friends_program())))


@pytest.fixture(autouse=True)
def as_published(party: Party) -> None:
    party.shop.world.publish(friends_program())


def refused(answer: Any, code: str) -> Any:
    assert (answer.status, answer.code) == (422, code), answer.body
    assert answer.json["error"]["message"]
    return answer.json["error"]


def fill(party: Party, *given: str) -> None:
    world = party.shop.world
    world.run(codes.add_codes(world.desk, world.tenant.program_id, 0, codes=given))


class Store:
    """A shop that keeps vouchers, answering as it is told."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[Voucher] = []

    async def create(self, voucher: Voucher) -> Answer:
        self.asked.append(voucher)
        return self.answers.pop(0) if self.answers else Made()

    async def take_back(self, voucher: Voucher) -> Answer:
        raise AssertionError(f"{voucher.code} was taken back")


def keeps(party: Party, *answers: Answer) -> Store:
    """From now on a shop keeps the vouchers."""
    store = Store(*answers)
    party.shop.world.voucher_stores[VoucherStoreKind.WEBHOOK] = store
    party.shop.world.publish(only_site(friends_program(), voucher_store=STORE))
    return store


# --- given ---------------------------------------------------------------------------------------


def test_a_friend_gets_a_code_and_always_the_same(party: Party) -> None:
    ann, ben = party.joins("ann"), party.joins("ben")
    answer = party.asks(ann, "fay@friends.example")
    code = answer.json["incentive"]["code"]
    assert answer.json == {"kind": "incentive", "incentive": {"code": code}}
    assert code.startswith("LL-")
    for spelt in ("fay@friends.example", " FAY@friends.example"[1:], "fay+shop@friends.example"):
        assert party.code(ann, spelt) == code
    assert party.code(ann, "fay@friends.example", ip_address=THERE, user_agent="Lynx") == code
    others = {party.code(ann, "guy@friends.example"), party.code(ben, "fay@friends.example")}
    assert len(others | {code}) == 3


def test_who_has_become_a_member_is_told_the_code_again(party: Party) -> None:
    ann = party.joins("ann-again")
    code = party.code(ann, "cnew@example.com")
    party.signs_up("new", ann)
    assert party.code(ann, "cnew@example.com") == code


def test_twenty_at_once_get_one_code(party: Party) -> None:
    party.shop.world.publish(friends_program(incentive={"codes": "pool"}))
    fill(party, *(f"TWENTY-{number}" for number in range(30)))
    ann = party.joins("ann-twenty")
    sent = {
        "referral_id": ann,
        "referee_email": "twenty@friends.example",
        "ip_address": HERE,
        "user_agent": None,
    }
    body = json.dumps(sent).encode()
    answers = party.all_at_once([(party.claim_path(), "POST", body)] * 20)
    assert {each.status for each in answers} == {200}
    assert len({each.json["incentive"]["code"] for each in answers}) == 1
    assert party.value("SELECT count(*) FROM pool_codes") == 29
    party.shop.sql("DELETE FROM pool_codes")


def test_who_asks_twice_at_once_waits_for_the_first(party: Party) -> None:
    world = party.shop.world
    ann, email = party.joins("ann-twice"), "twice@friends.example"
    sent = {"referral_id": ann, "referee_email": email, "ip_address": HERE, "user_agent": None}
    first = NewIncentive(
        referral_id=ann,
        friend_key=email,
        code="FIRST",
        ip_address=HERE,
        expires_at=None,
        made_at=world.now,
    )

    async def asks_in_between() -> Any:
        headers = {"authorization": f"Bearer {world.tenant.key}"}
        async with world.database.transaction() as begun:
            program_id = world.tenant.program_id
            await set_incentive_aside(begun, program_id, first, now=world.now)
            second = asyncio.create_task(
                world.answer(
                    "POST", party.claim_path(), headers=headers, body=json.dumps(sent).encode()
                )
            )
            done, _ = await asyncio.wait([second], timeout=0.3)
            assert not done, "it waits"
        return await second

    assert world.run(asks_in_between()).json["incentive"] == {"code": "FIRST"}


def test_no_channel_has_to_be_said(party: Party) -> None:
    ann = party.joins("ann-nowhere")
    for query in ("", "channel=pos", "language=de&country=DE"):
        answer = party.asks(ann, f"c{len(query)}@friends.example", how={"query": query})
        assert answer.status == 200
    assert party.asks(ann, "d@friends.example", how={"query": "channel=tv"}).status == 400


def test_the_cap_of_a_percentage_is_shown(party: Party) -> None:
    assert party.shop.configuration()["referee_incentive"] == {
        "kind": "cart_discount_voucher",
        "incentive_text": "10% off",
        "discount_kind": "percentage",
        "discount": {"percentage": 10, "formatted": "10%"},
        "maximum_discount": {"amount": 20, "formatted": "$20"},
        "minimum_spend": {"amount": 30, "formatted": "$30"},
    }


# --- malformed -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"referral_id": ...}, "referral_id"),
        ({"referral_id": 5}, "referral_id"),
        ({"referral_id": ""}, "referral_id"),
        ({"ip_address": ...}, "ip_address"),
        ({"ip_address": None}, "ip_address"),
        ({"ip_address": "203.0.113.24, 198.51.100.7"}, "ip_address"),
        ({"ip_address": "203.0.113.24,198.51.100.7"}, "ip_address"),
        ({"ip_address": "203.0.113"}, "ip_address"),
        ({"ip_address": "203.0.113.256"}, "ip_address"),
        ({"ip_address": "203.0.113.24/24"}, "ip_address"),
        ({"ip_address": "203.0.113.24:8080"}, "ip_address"),
        ({"ip_address": "fe80::1%eth0"}, "ip_address"),
        ({"ip_address": 5}, "ip_address"),
        ({"user_agent": ...}, "user_agent"),
        ({"user_agent": 5}, "user_agent"),
        ({"referee_email": "nobody"}, "referee_email"),
        ({"referee_email": ""}, "referee_email"),
        ({"referee_email": 5}, "referee_email"),
    ],
)
def test_what_is_malformed(party: Party, parts: Document, field: str) -> None:
    answer = party.asks("nobody", "a@friends.example", **parts)
    assert (answer.status, list(answer.json["error"]["details"])) == (400, [field])


@pytest.mark.parametrize(
    "address", ["203.0.113.24", "2001:db8::1", "2001:DB8:0:0::1", "::ffff:203.0.113.24"]
)
def test_any_one_address_will_do(party: Party, address: str) -> None:
    ann = party.joins("ann-addressed")
    assert party.code(ann, f"{len(address)}@friends.example", ip_address=address)


def test_a_session_token_gets_nothing_for_friends(party: Party) -> None:
    ann = party.joins("ann-token")
    answer = party.asks(ann, "a@friends.example", how={"key": party.shop.token("ann-token")})
    assert answer.status == 403


# --- refused -------------------------------------------------------------------------------------


def test_referrals_not_enabled(party: Party) -> None:
    ann = party.joins("ann-off")
    for document in (
        program(),
        friends_program(enabled=False),
        {**friends_program(), "referrals": {}},
    ):
        party.shop.world.publish(document)
        refused(party.asks(ann, "a@friends.example"), "referrals_not_enabled")


def test_invalid_referral_id(party: Party) -> None:
    refused(party.asks("nobody", "a@friends.example"), "invalid_referral_id")


def test_referee_email_required(party: Party) -> None:
    ann = party.joins("ann-who")
    for nothing in (..., None):
        refused(party.asks(ann, nothing), "referee_email_required")


@pytest.mark.parametrize("email", ["cself@example.com", "CSelf@example.com", "cself+2@example.com"])
def test_nobody_sends_themselves(party: Party, email: str) -> None:
    ann = party.joins("self")
    refused(party.asks(ann, email), "invalid_referee")


@pytest.mark.parametrize("email", ["bo+b@lion.example", "bo@lion.example", "BO+x@lion.example"])
@pytest.mark.parametrize("known", ["bo@lion.example", "bo+a@lion.example"])
def test_a_member_is_no_friend(new_world: NewWorld, email: str, known: str) -> None:
    party = Party(Shop(new_world(friends_program())))
    ann = party.joins("ann")
    party.shop.visit("bob", email=known)
    refused(party.asks(ann, email), "invalid_referee")


@pytest.mark.parametrize("by", ["guest", None])
@pytest.mark.parametrize("email", ["cguest@example.com", "cguest+1@example.com"])
def test_who_ordered_before_is_no_friend(new_world: NewWorld, by: str | None, email: str) -> None:
    party = Party(Shop(new_world({**friends_program(), "enrolment": {"mode": "manual"}})))
    party.shop.visit("ann")
    assert party.shop.call("customers.enroll", "ann").status == 200
    ann = party.link(party.shop.customer("ann"))
    party.orders("1", by, customer_email="cguest+old@example.com", payment_status="not_paid")
    before = party.code(ann, "other@friends.example")
    assert before
    party.becomes("1")
    refused(party.asks(ann, email), "invalid_referee")


def capped(count: int = 1) -> Document:
    return friends_program(rule={"limit": {"count": count}}, stop_at_cap=True)


def test_referral_cap_reached(party: Party) -> None:
    ann = party.joins("ann-cap")
    party.shop.world.publish(capped())
    party.orders("cap-1", "cap-friend", referral_id=ann)
    assert party.points("ann-cap") == (0, 500)
    refused(party.asks(ann, "a@friends.example"), "referral_cap_reached")
    party.shop.world.publish(friends_program(rule={"limit": {"count": 1}}))
    assert party.code(ann, "a@friends.example")


@pytest.mark.parametrize("written", [HERE, "::ffff:203.0.113.24"])
def test_fraud_detected(party: Party, written: str) -> None:
    name = f"ann-fraud-{len(written)}"
    ann = party.joins(name)
    party.orders(f"{name}-1", name, ip_address=written)
    assert party.code(ann, f"{name}1@friends.example")
    party.shop.world.publish(friends_program(distinct_ips=True))
    refused(party.asks(ann, f"{name}2@friends.example"), "fraud_detected")
    assert party.code(ann, f"{name}3@friends.example", ip_address=THERE)


def test_no_vouchers_available(party: Party) -> None:
    ann = party.joins("ann-pool")
    party.shop.world.publish(friends_program(incentive={"codes": "pool"}))
    refused(party.asks(ann, "p1@friends.example"), "no_vouchers_available")
    fill(party, "POOL-1")
    assert party.code(ann, "p1@friends.example") == "POOL-1"
    refused(party.asks(ann, "p2@friends.example"), "no_vouchers_available")
    assert party.code(ann, "p1@friends.example") == "POOL-1"
    fill(party, "POOL-1", "POOL-2")
    assert party.code(ann, "p2@friends.example") == "POOL-2"


@pytest.mark.parametrize("answer", [Refused("No room"), Unclear("Nobody answered")])
def test_voucher_allocation_failed(party: Party, answer: Refused | Unclear) -> None:
    name = f"ann-{type(answer).__name__}"
    ann, email = party.joins(name), f"{name}@friends.example".lower()
    store = keeps(party, answer)
    error = refused(party.asks(ann, email), "voucher_allocation_failed")
    assert answer.reason in error["message"]
    code = party.code(ann, email)
    assert [each.code for each in store.asked] == [code, code], "the same is tried again"
    assert party.code(ann, email) == code
    assert len(store.asked) == 2, "what is made is not made again"


def test_the_shop_is_told_what_it_promises(party: Party) -> None:
    ann = party.joins("ann-told")
    store = keeps(party)
    code = party.code(ann, "told@friends.example")
    [voucher] = store.asked
    assert (voucher.code, voucher.claim_id, voucher.reward_id) == (code, None, None)
    assert (voucher.kind, voucher.title) == ("cart_discount_voucher", "10% off")
    assert voucher.terms.discount_percentage == 10
    assert voucher.terms.minimum_spend_minor == 3000
    assert voucher.maximum_discount_minor == 2000
    assert (voucher.customer_merchant_id, voucher.customer_email) == (None, "told@friends.example")


def test_a_shop_that_is_asked_at_once_is_asked_for_one_code(party: Party) -> None:
    ann = party.joins("ann-at-once")
    store = keeps(party)
    sent = {
        "referral_id": ann,
        "referee_email": "once@friends.example",
        "ip_address": HERE,
        "user_agent": None,
    }
    body = json.dumps(sent).encode()
    answers = party.all_at_once([(party.claim_path(), "POST", body)] * 20)
    given = {each.json["incentive"]["code"] for each in answers}
    assert len(given) == 1
    assert {each.code for each in store.asked} == given


# --- which comes first ---------------------------------------------------------------------------

FAULTS: dict[str, str] = {
    "off": "referrals_not_enabled",
    "nobody's": "invalid_referral_id",
    "no address": "referee_email_required",
    "member": "invalid_referee",
    "capped": "referral_cap_reached",
    "same place": "fraud_detected",
    "empty pool": "no_vouchers_available",
}
"""In the order in which they are looked at."""
NEVER_BOTH = {("no address", "member")}
PAIRS = [pair for pair in combinations(FAULTS, 2) if pair not in NEVER_BOTH]


@pytest.mark.parametrize(("first", "second"), [*PAIRS, *((each, each) for each in FAULTS)])
def test_the_first_that_is_wrong_is_told(party: Party, first: str, second: str) -> None:
    """A planted bug: the cap looked at before the friend fails some of these."""
    wrong = (first, second)
    name = f"{first}-and-{second}".replace(" ", "-").replace("'", "")
    ann = party.joins(name)
    party.orders(f"{name}-1", f"{name}-friend", referral_id=ann)
    party.orders(f"{name}-2", name, ip_address=HERE)
    party.joins(f"{name}-member")
    parts: Document = {}
    if "capped" in wrong:
        parts |= {"rule": {"limit": {"count": 1}}, "stop_at_cap": True}
    if "same place" in wrong:
        parts["distinct_ips"] = True
    if "empty pool" in wrong:
        parts["incentive"] = {"codes": "pool"}
    if "off" in wrong:
        parts["enabled"] = False
    party.shop.world.publish(friends_program(**parts))  # type: ignore[arg-type] # a mix of parts
    email = f"{name}@friends.example"
    if "member" in wrong:
        email = f"c{name}-member@example.com"
    referral_id = "nobody" if "nobody's" in wrong else ann
    answer = party.asks(referral_id, ... if "no address" in wrong else email)
    refused(answer, FAULTS[first])


def test_the_operation_is_the_published_one(party: Party) -> None:
    assert CLAIM == "referrals.claimRefereeIncentive"
    assert party.claim_path() == "/headless/2025-06/1/referrals/referee_incentive"
