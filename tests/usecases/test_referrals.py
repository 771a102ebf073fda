"""Friends from the link to the points: every turn their first order can take, with the books right.

The shop tells of everything over HTTP, as it would. Planted bugs these have caught: an order that
did not qualify and left the chance open, points for a friend who is the customer themselves, a
refund after which the points stayed.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from leal.domain.orders import OrderReport, PaymentStatus
from leal.usecases import orders
from leal.usecases.desk import Ask
from leal.usecases.due import Kind
from leal.usecases.orders import Buyer
from tests.contract.headless.friends import Party, friends_program
from tests.contract.headless.redeeming import Member
from tests.contract.headless.worlds import Shop, email_of
from tests.programs import Document
from tests.worlds import World, world_on

REFUNDED = {"refund_status": "refunded", "total_refunded": "50.00"}
QUALIFYING: Document = {"trigger": "qualifying_purchase", "minimum_spend": 60}
GIVES_REWARD: Document = {"points": None, "reward": 1}
PENDING, APPROVED, NOTHING = (0, 500), (500, 0), (0, 0)


@pytest.fixture
def party(database_url: str) -> Iterator[Party]:
    """Whatever happened, the books are right at the end."""
    with world_on(database_url, friends_program()) as world:
        made = Party(Shop(world))
        yield made
        assert made.is_sound()


def referred_by(party: Party, name: str) -> object:
    return party.value(
        "SELECT r.merchant_id FROM customers c JOIN customers r"
        " ON r.program_id = c.program_id AND r.customer_id = c.referred_by"
        " WHERE c.merchant_id = $1",
        name,
    )


def completions(party: Party) -> object:
    topic = "program_events/customer.referral_complete"
    return party.value("SELECT count(*) FROM events WHERE topic = $1", topic)


def state_of(party: Party, name: str = "ann") -> object:
    return party.shop.customer(name)["history"][0]["state"]


def test_the_whole_story(party: Party) -> None:
    ann = party.joins("ann")
    assert party.follows(ann, via="whatsapp").status == 301
    assert party.value("SELECT clicks FROM referral_traffic WHERE channel = 'whatsapp'") == 1
    party.signs_up("fay", ann)
    assert referred_by(party, "fay") == "ann"
    assert party.points("ann") == NOTHING
    party.orders("1", "fay", payment_status="not_paid")
    assert party.points("ann") == NOTHING
    party.shop.world.later(hours=1)
    party.becomes("1")
    assert party.points("ann") == PENDING
    [row] = party.shop.customer("ann")["history"]
    assert row["rule"] == {"id": 7, "kind": "referral"}
    assert (row["state"], row["points"]) == ("pending", 500)
    assert row["points_will_approve_at"] == "2025-06-24T13:00:00Z"
    context = party.shop.customer("ann")["available_rules"][0]["context"]
    assert context["completion_count"] == 1
    assert completions(party) == 1
    assert party.is_sound()

    party.shop.world.later(days=14)
    party.works_off(Kind.APPROVALS)
    assert party.points("ann") == APPROVED
    party.orders("2", "fay")
    assert party.points("ann") == APPROVED, "a friend is new once"
    assert completions(party) == 1


def test_telling_again_changes_nothing(party: Party) -> None:
    ann = party.joins("ann")
    for _ in range(3):
        party.orders("1", "fay", referral_id=ann)
    party.becomes("1")
    assert party.points("ann") == PENDING
    assert party.works_off(Kind.CLAIMS) == 0


# --- which order counts --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "points"),
    [
        ({"total": "60.00"}, PENDING),
        ({"total": "60.00", "total_discounts": "40.00"}, PENDING),
        ({"total": "59.99"}, NOTHING),
        ({"total": "59.99", "total_discounts": "40.00"}, NOTHING),
        ({"total": "60.00", "payment_status": "not_paid"}, NOTHING),
        ({"total": "60.00", "cancellation_status": "cancelled"}, NOTHING),
    ],
)
def test_what_a_qualifying_order_comes_to(
    party: Party, order: Document, points: tuple[int, int]
) -> None:
    party.shop.world.publish(friends_program(rule=QUALIFYING))
    ann = party.joins("ann")
    party.orders("1", "fay", referral_id=ann, **order)
    assert party.points("ann") == points


@pytest.mark.parametrize("joined", [True, False])
def test_a_first_order_that_is_too_small_uses_up_the_chance(party: Party, *, joined: bool) -> None:
    party.shop.world.publish(friends_program(rule=QUALIFYING))
    ann = party.joins("ann")
    if joined:
        party.signs_up("fay", ann)
    party.orders("1", "fay", referral_id=ann, total="10.00")
    party.orders("2", "fay", referral_id=ann, total="100.00")
    assert party.points("ann") == NOTHING
    assert completions(party) == 0


def test_who_ordered_before_is_nobodys_friend(party: Party) -> None:
    ann = party.joins("ann")
    party.orders("1", "fay")
    party.orders("2", "fay", referral_id=ann)
    party.orders("3", None, customer_email="gus@friends.example")
    party.orders("4", None, customer_email="gus@friends.example", referral_id=ann)
    assert party.points("ann") == NOTHING


def test_an_order_may_name_who_sent_its_buyer(party: Party) -> None:
    ann = party.joins("ann")
    party.orders("1", "fay", referral_id=ann)
    assert party.points("ann") == PENDING
    assert referred_by(party, "fay") == "ann"


@pytest.mark.parametrize("spelt", [str.upper, str.lower])
def test_an_order_may_name_who_sent_its_buyer_by_the_friends_code(
    party: Party, spelt: Callable[[str], str]
) -> None:
    ann = party.joins("ann")
    code = party.code(ann, email_of("fay"))
    party.orders("1", "fay", discount_codes=[{"code": spelt(code), "amount": "5.00"}])
    assert party.points("ann") == PENDING
    assert referred_by(party, "fay") == "ann"


def test_a_friend_may_be_a_guest(party: Party) -> None:
    ann = party.joins("ann")
    party.orders("1", None, customer_email="fay@friends.example", referral_id=ann)
    assert party.points("ann") == PENDING
    party.orders("2", None, customer_email="fay+2@friends.example", referral_id=ann)
    assert party.points("ann") == PENDING, "the same friend under another name"
    party.becomes("1", **REFUNDED)
    assert party.points("ann") == NOTHING


@pytest.mark.parametrize("email", ["CAnn@example.com", "cann+b@example.com"])
@pytest.mark.parametrize("buyer", ["second", None])
def test_nobody_is_their_own_friend(party: Party, email: str, buyer: str | None) -> None:
    ann = party.joins("ann")
    party.orders("1", buyer, customer_email=email, referral_id=ann)
    party.orders("2", "ann", referral_id=ann)
    assert party.points("ann") == NOTHING
    assert referred_by(party, "ann") is None


@pytest.mark.parametrize(
    ("days", "named", "points"),
    [(30, False, PENDING), (31, False, NOTHING), (31, True, PENDING)],
)
def test_a_link_is_good_for_so_many_days(
    party: Party,
    days: int,
    *,
    named: bool,
    points: tuple[int, int],
) -> None:
    ann = party.joins("ann")
    party.signs_up("fay", ann)
    party.shop.world.later(days=days)
    party.orders("1", "fay", **({"referral_id": ann} if named else {}))
    assert party.points("ann") == points


def test_the_first_who_sent_somebody_did(party: Party) -> None:
    ann, ben = party.joins("ann"), party.joins("ben")
    party.signs_up("fay", ann)
    party.signs_up("fay", ben)
    party.orders("1", "fay", referral_id=ben)
    assert referred_by(party, "fay") == "ann"
    assert (party.points("ann"), party.points("ben")) == (PENDING, NOTHING)


def test_only_the_limit_is_rewarded(party: Party) -> None:
    party.shop.world.publish(friends_program(rule={"limit": {"count": 2, "interval": None}}))
    ann = party.joins("ann")
    for number in range(4):
        party.orders(str(number), f"friend-{number}", referral_id=ann)
    assert party.points("ann") == (0, 1000)
    assert referred_by(party, "friend-3") == "ann", "who sent them is known all the same"


def test_a_blocked_referrer_earns_nothing(party: Party) -> None:
    ann = party.joins("ann")
    party.shop.block("ann")
    party.orders("1", "fay", referral_id=ann)
    assert party.value("SELECT points_pending FROM customers WHERE merchant_id = 'ann'") == 0


@pytest.mark.parametrize("document", [{"rule": {"enabled": False}}, {"enabled": False}])
def test_nothing_is_earned_while_it_is_off(party: Party, document: Document) -> None:
    ann = party.joins("ann")
    party.shop.world.publish(friends_program(**document))  # type: ignore[arg-type] # a mix of parts
    party.orders("1", "fay", referral_id=ann)
    assert party.value("SELECT points_pending FROM customers WHERE merchant_id = 'ann'") == 0


# --- taken back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("undone", [REFUNDED, {"cancellation_status": "cancelled"}])
def test_points_go_and_come_with_the_order(party: Party, undone: Document) -> None:
    ann = party.joins("ann")
    party.orders("1", "fay", referral_id=ann)
    party.becomes("1", **undone)
    assert (party.points("ann"), state_of(party)) == (NOTHING, "declined")
    party.becomes("1", total_refunded="0")
    assert (party.points("ann"), state_of(party)) == (PENDING, "pending")
    party.shop.world.later(days=14)
    party.works_off(Kind.APPROVALS)
    assert party.points("ann") == APPROVED
    party.becomes("1", **undone)
    assert (party.points("ann"), state_of(party)) == (NOTHING, "void")
    party.becomes("1", total_refunded="0")
    assert (party.points("ann"), state_of(party)) == (APPROVED, "approved")
    assert len(party.shop.customer("ann")["history"]) == 1
    assert completions(party) == 1


@pytest.mark.parametrize(
    ("refunded", "points"), [("20.00", PENDING), ("20.01", NOTHING), ("100.00", NOTHING)]
)
def test_a_partial_refund_may_leave_too_little(
    party: Party, refunded: str, points: tuple[int, int]
) -> None:
    party.shop.world.publish(friends_program(rule=QUALIFYING))
    ann = party.joins("ann")
    party.orders("1", "fay", referral_id=ann, total="80.00")
    party.becomes("1", refund_status="partially_refunded", total_refunded=refunded)
    assert party.points("ann") == points


def test_any_purchase_survives_a_partial_refund(party: Party) -> None:
    ann = party.joins("ann")
    party.orders("1", "fay", referral_id=ann)
    party.becomes("1", refund_status="partially_refunded", total_refunded="49.99")
    assert party.points("ann") == PENDING


def test_a_reward_is_given_and_taken_back(party: Party) -> None:
    party.shop.world.publish(friends_program(rule=GIVES_REWARD))
    ann = party.joins("ann")
    party.orders("1", "fay", referral_id=ann)
    [claimed] = party.shop.customer("ann")["claimed_rewards"]
    assert (claimed["state"], claimed["source"]["kind"]) == ("approved", "rule_completion")
    party.becomes("1", **REFUNDED)
    [voided] = party.shop.customer("ann")["claimed_rewards"]
    assert (voided["id"], voided["state"]) == (claimed["id"], "void")
    assert (party.points("ann"), state_of(party)) == (NOTHING, "void")
    party.becomes("1", total_refunded="0")
    assert state_of(party) == "void", "a claim that has ended does not come back"
    assert len(party.shop.customer("ann")["claimed_rewards"]) == 1


def test_a_reward_that_was_used_stays(party: Party) -> None:
    party.shop.world.publish(friends_program(rule=GIVES_REWARD))
    ann = party.joins("ann")
    party.orders("1", "fay", referral_id=ann)
    [claimed] = party.shop.customer("ann")["claimed_rewards"]
    Member(party.shop, "ann").orders("own", claimed_reward_ids=[claimed["id"]])
    party.becomes("1", **REFUNDED)
    assert party.shop.customer("ann")["claimed_rewards"][0]["state"] == "approved"


# --- at once, and cut short ----------------------------------------------------------------------


def test_two_orders_at_once_make_one_referral(party: Party) -> None:
    ann = party.joins("ann")
    party.signs_up("fay", ann)
    sent = [
        ("/v2/orders", "POST", json.dumps(party.order(str(number), "fay")).encode())
        for number in range(6)
    ]
    answers = party.all_at_once(sent)
    assert {each.status for each in answers} <= {201, 503}
    party.works_off(Kind.CLAIMS)
    assert party.points("ann") == PENDING
    assert party.value("SELECT count(*) FROM referrals") == 1


def test_many_friends_at_once_all_count(party: Party) -> None:
    ann = party.joins("ann")
    sent = [
        (
            "/v2/orders",
            "POST",
            json.dumps(party.order(f"n{number}", f"f{number}", referral_id=ann)).encode(),
        )
        for number in range(6)
    ]
    party.all_at_once(sent)
    party.works_off(Kind.CLAIMS)
    assert party.points("ann") == (0, 6 * 500)
    assert completions(party) == 6


class DiedError(Exception):
    """The process is gone."""


def dying_clock(world: World, *, at: int) -> Callable[[], datetime]:
    """A clock during whose look number `at` the process dies."""
    looks = iter(range(1, at + 1))

    def now() -> datetime:
        if next(looks) == at:
            raise DiedError
        return world.now

    return now


@pytest.mark.parametrize("at", range(2, 5))
@pytest.mark.parametrize("named", [True, False])
def test_what_a_crash_leaves_undone_is_done_later(party: Party, *, at: int, named: bool) -> None:
    """Dies after the order is saved: before the referral is noted, before it is rewarded."""
    ann = party.joins("ann")
    party.signs_up("fay", ann)
    world = party.shop.world
    desk = replace(world.desk, clock=dying_clock(world, at=at))
    report = OrderReport(
        payment_status=PaymentStatus.PAID,
        total=Decimal(50),
        referral_id=ann if named else None,
    )
    told = orders.create(
        desk,
        Ask(program_id=world.tenant.program_id),
        "1",
        buyer=Buyer(merchant_id="fay", email=email_of("fay")),
        report=report,
    )

    async def dies() -> bool:
        try:
            await asyncio.wait_for(told, 10)
        except DiedError:
            return True
        return False

    died = world.run(dies())
    assert died or at == 4, "it dies somewhere on the way"
    if died:
        assert party.points("ann") == NOTHING
        assert party.value("SELECT follow_up_due FROM orders") is True
    party.works_off(Kind.CLAIMS)
    assert party.points("ann") == PENDING
    assert party.value("SELECT follow_up_due FROM orders") is False
    assert party.works_off(Kind.CLAIMS) == 0
