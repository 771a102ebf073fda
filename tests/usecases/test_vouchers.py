"""Vouchers that live in a shop, against a real database and a real server: made once, or undone.

Planted bugs these have caught: a refusal that came after an unclear answer and left the code alive
in the shop, a refund that overtook the making, a late answer that left a code alive for a claim
that had ended, and a pause that did not grow.
"""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from leal.domain.claims import ClaimedReward, ClaimState
from leal.domain.enrolment import Visit
from leal.domain.orders import OrderReport, PaymentStatus
from leal.domain.refusals import VoucherNotMade, VoucherNotUsable
from leal.domain.rewards.redeeming import Redemption
from leal.domain.sites import VoucherStoreKind
from leal.integrations.outgoing import Outgoing
from leal.integrations.voucher_stores import Answer, Made, SignedVoucherStore, Voucher
from leal.usecases import claims, customers, orders, points, rewards, vouchers
from leal.usecases.desk import Ask
from leal.usecases.orders import Buyer
from leal.usecases.programs import Programs
from leal.usecases.verification import verify
from tests.merchants import Merchant, make_certificate, open_merchant, outgoing_to
from tests.programs import Document, lion_rewards, put
from tests.voucher_shops import Died, InterruptedStore, Manner, VoucherShop, dies
from tests.worlds import World, world_on

COST = 500


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def _document(url: str) -> Document:
    document = lion_rewards()
    put("sites.0.voucher_store", {"kind": "webhook", "url": url})(document)
    voucher: Document = {
        "kind": "cart_discount_voucher",
        "title": "$5 off",
        "discount": {"amount": 5},
    }
    put("rewards", [{"id": 1, "cost": COST, "expires_after_days": 2, **voucher}])(document)
    quiz: Document = {"id": 4, "kind": "custom", "title": "Quiz", "name": "quiz", "reward": 1}
    put("rules", [quiz])(document)
    return document


@dataclass(slots=True)
class Stage:
    """A shop that keeps its vouchers itself, and Ann, who can afford four."""

    world: World
    shop: VoucherShop
    merchant: Merchant

    @property
    def ask(self) -> Ask:
        return Ask(program_id=self.world.tenant.program_id)

    @property
    def asked(self) -> list[str]:
        """What the shop was asked for, in order."""
        return [heard.json["action"] for heard in self.merchant.heard]

    def behaves(self, *manners: Manner) -> None:
        """From now on the shop behaves so, one manner a request, and well after them."""
        left = iter(manners)
        self.shop.manner = lambda _heard: next(left, Manner.WELL)

    def always(self, manner: Manner) -> None:
        self.shop.manner = lambda _heard: manner

    def claims(self) -> ClaimedReward:
        wanted = Redemption(reward_id=1)
        return self.world.run(rewards.claim(self.world.desk, self.ask, "ann", wanted=wanted))[1]

    def refunds(self, claim: ClaimedReward) -> ClaimedReward:
        program_id = self.world.tenant.program_id
        owned = self.world.run(rewards.find_owner(self.world.desk, program_id, claim.id))
        return self.world.run(rewards.refund(self.world.desk, self.ask, owned))[1]

    def works(self) -> int:
        """Background work for vouchers."""
        return self.world.run(vouchers.settle_all(self.world.desk, self.world.tenant.program_id))

    def shown(self) -> ClaimedReward:
        """Ann's newest claim."""
        return self.world.run(customers.get(self.world.desk, self.ask, "ann")).account.claims[0]

    @property
    def balance(self) -> int:
        account = self.world.run(customers.get(self.world.desk, self.ask, "ann")).account
        return account.customer.points_approved

    def is_sound(self) -> bool:
        verified = self.world.run(verify(self.world.desk.database))
        return not verified.violations and not self.shop.wrongs


@pytest.fixture
def stage(database_url: str, certificate: Path) -> Iterator[Stage]:
    shop = VoucherShop()
    with (
        open_merchant(shop.answer, certificate) as merchant,
        world_on(database_url, _document(merchant.url())) as world,
        closing(outgoing_to(certificate, limit_seconds=1)) as outgoing,
    ):
        world.voucher_stores[VoucherStoreKind.WEBHOOK] = _store(world, outgoing)
        opened = Stage(world, shop, merchant)
        visit = Visit(email="ann@lion.example")
        world.run(
            customers.initialize_session(world.desk, opened.ask, merchant_id="ann", visit=visit)
        )
        world.run(points.add(world.desk, opened.ask, "ann", points=4 * COST, reason=None))
        yield opened
        merchant.until_idle()


def test_a_voucher_is_made_at_once(stage: Stage) -> None:
    claim = stage.claims()
    assert (claim.state, claim.settle_by, claim.store) == (ClaimState.APPROVED, None, "webhook")
    assert stage.shop.alive == {claim.code: claim.id}
    assert stage.shown().state is ClaimState.APPROVED
    assert stage.asked == ["create"]
    stage.world.later(days=1)
    assert stage.works() == 0
    assert stage.asked == ["create"]
    assert stage.is_sound()


def test_a_refused_voucher_costs_nothing_and_the_shop_is_not_asked_again(stage: Stage) -> None:
    stage.behaves(Manner.REFUSES)
    with pytest.raises(VoucherNotMade):
        stage.claims()
    assert stage.balance == 4 * COST
    assert (stage.shown().state, stage.shown().settle_by) == (ClaimState.VOID, None)
    stage.world.later(days=1)
    assert stage.works() == 0
    assert stage.asked == ["create"]
    assert stage.is_sound()


@pytest.mark.parametrize("manner", [Manner.FAILS, Manner.FAILS_AFTERWARDS, Manner.HANGS])
def test_an_unclear_answer_is_asked_again_a_minute_later(stage: Stage, manner: Manner) -> None:
    stage.shop.hangs_seconds = 1.5
    stage.behaves(manner)
    claim = stage.claims()
    assert claim.state is ClaimState.PENDING
    assert stage.balance == 3 * COST
    stage.world.later(seconds=59)
    assert stage.works() == 0
    stage.merchant.until_idle()
    stage.world.later(seconds=1)
    assert stage.works() == 1
    assert stage.shown().state is ClaimState.APPROVED
    assert stage.shop.alive == {claim.code: claim.id}
    assert stage.asked == ["create", "create"]
    ids = {heard.headers["webhook-id"] for heard in stage.merchant.heard}
    assert len(ids) == 1, "the shop can tell that it is the same"
    assert stage.is_sound()


def test_a_voucher_still_being_made_is_neither_refunded_nor_ended(stage: Stage) -> None:
    """Taking it back could overtake the making."""
    document = _document(stage.merchant.url())
    put("rewards.0.auto_refund_minutes", 10)(document)
    stage.world.publish(document)
    stage.always(Manner.FAILS)
    claim = stage.claims()
    with pytest.raises(VoucherNotUsable):
        stage.refunds(claim)
    program_id = stage.world.tenant.program_id
    for of in ({"minutes": 11}, {"days": 3}):
        stage.world.later(**of)
        assert stage.world.run(claims.move_on_all(stage.world.desk, program_id)) == 0
        assert stage.shown().state is ClaimState.PENDING
    assert stage.is_sound()


def test_after_a_day_without_a_clear_answer_the_points_are_back_and_the_code_is_dead(
    stage: Stage,
) -> None:
    stage.always(Manner.FAILS_AFTERWARDS)
    stage.claims()
    pauses: list[timedelta] = []
    while stage.shown().state is ClaimState.PENDING:
        pauses.append((stage.shown().settle_by or stage.world.now) - stage.world.now)
        stage.world.now += pauses[-1]
        assert stage.works() == 0
    assert pauses[:4] == [timedelta(seconds=each) for each in (60, 60, 120, 240)]
    assert max(pauses) == timedelta(hours=1)
    assert timedelta(hours=24) <= sum(pauses, timedelta(0)) < timedelta(hours=25)
    assert stage.shown().state is ClaimState.VOID
    assert stage.balance == 4 * COST
    assert stage.shop.alive, "the shop has made it all the same"
    stage.world.later(seconds=60)
    assert stage.works() == 0
    stage.always(Manner.WELL)
    stage.world.later(minutes=5)
    assert stage.works() == 1
    assert stage.shop.alive == {}
    stage.world.later(days=1)
    assert stage.works() == 0
    assert stage.is_sound()


def test_a_refusal_after_an_unclear_answer_takes_back_what_was_made(stage: Stage) -> None:
    """Shops that are not idempotent refuse a code that they have."""
    stage.behaves(Manner.FAILS_AFTERWARDS, Manner.REFUSES)
    stage.claims()
    assert stage.shop.alive
    stage.world.later(minutes=1)
    assert stage.works() == 1
    assert stage.balance == 4 * COST
    stage.world.later(minutes=1)
    assert stage.works() == 1
    assert stage.shop.alive == {}
    assert stage.asked == ["create", "create", "take_back"]
    assert stage.is_sound()


def test_a_refund_takes_the_voucher_back_at_once_and_says_so(stage: Stage) -> None:
    claim = stage.refunds(stage.claims())
    assert (claim.state, claim.settle_by, claim.store) == (ClaimState.VOID, None, "webhook")
    assert stage.shop.alive == {}
    assert stage.balance == 4 * COST
    assert stage.is_sound()


def test_a_refund_that_the_shop_does_not_confirm_is_repeated_for_ever(stage: Stage) -> None:
    claim = stage.claims()
    stage.always(Manner.FAILS)
    refunded = stage.refunds(claim)
    assert refunded.state is ClaimState.VOID
    assert refunded.settle_by is not None
    assert stage.balance == 4 * COST
    for _ in range(3):
        stage.world.later(minutes=5)
        assert stage.works() == 0
    assert stage.shop.alive == {claim.code: claim.id}
    stage.always(Manner.WELL)
    stage.world.later(minutes=5)
    assert stage.works() == 1
    assert stage.shop.alive == {}
    assert stage.shown().settle_by is None
    assert stage.is_sound()


def test_an_expired_voucher_is_taken_back(stage: Stage) -> None:
    stage.claims()
    stage.world.later(days=2)
    program_id = stage.world.tenant.program_id
    assert stage.world.run(claims.move_on_all(stage.world.desk, program_id)) == 1
    stage.world.later(minutes=1)
    assert stage.works() == 1
    assert stage.shop.alive == {}
    assert stage.is_sound()


def test_a_voucher_that_a_rule_gives_is_made_by_background_work(stage: Stage) -> None:
    body = {"name": "quiz", "customer_id": "ann", "customer_email": "ann@lion.example"}
    stage.world.post("/v2/activities", body)
    assert stage.shown().state is ClaimState.PENDING
    stage.world.later(minutes=1)
    assert stage.works() == 1
    assert stage.shown().state is ClaimState.APPROVED
    assert list(stage.shop.alive) == [stage.shown().code]
    assert stage.is_sound()


def test_what_an_order_used_was_made_whatever_the_shop_says(stage: Stage) -> None:
    stage.behaves(Manner.FAILS_AFTERWARDS, Manner.REFUSES)
    claim = stage.claims()
    report = OrderReport(
        payment_status=PaymentStatus.PAID,
        total=Decimal(20),
        discount_codes=((claim.code or "", None),),
    )
    ann = Buyer(merchant_id="ann", email="ann@lion.example")
    stage.world.run(orders.create(stage.world.desk, stage.ask, "1", buyer=ann, report=report))
    stage.world.later(minutes=1)
    assert stage.works() == 1
    assert stage.shown().state is ClaimState.APPROVED
    assert stage.balance < 4 * COST
    assert stage.is_sound()


def test_a_process_that_dies_before_asking_leaves_it_to_background_work(stage: Stage) -> None:
    good = stage.world.voucher_stores[VoucherStoreKind.WEBHOOK]
    stage.world.voucher_stores[VoucherStoreKind.WEBHOOK] = InterruptedStore(dies)
    with pytest.raises(Died):
        stage.claims()
    assert stage.shown().state is ClaimState.PENDING
    stage.world.later(minutes=1)
    with pytest.raises(Died):
        stage.works()
    stage.world.voucher_stores[VoucherStoreKind.WEBHOOK] = good
    assert stage.works() == 0, "whoever died may still be asking"
    stage.world.later(minutes=1)
    assert stage.works() == 1
    assert list(stage.shop.alive) == [stage.shown().code]
    assert stage.is_sound()


def test_two_processes_at_once_ask_once(stage: Stage) -> None:
    stage.behaves(Manner.FAILS, Manner.SLOWLY)
    stage.claims()
    stage.world.later(minutes=1)
    program_id = stage.world.tenant.program_id
    other = replace(stage.world.desk, programs=Programs(stage.world.database))

    async def both() -> list[int]:
        desks = (stage.world.desk, other)
        return await asyncio.gather(*(vouchers.settle_all(each, program_id) for each in desks))

    assert sorted(stage.world.run(both())) == [0, 1]
    assert stage.asked == ["create", "create"]
    assert stage.is_sound()


def test_a_voucher_made_after_its_claim_ended_is_taken_back(stage: Stage) -> None:
    """One who asks too long: others take the claim up, the shop refuses them, and then makes it."""
    good = stage.world.voucher_stores[VoucherStoreKind.WEBHOOK]
    program_id = stage.world.tenant.program_id

    async def sleeps(voucher: Voucher) -> Answer:
        stage.world.voucher_stores[VoucherStoreKind.WEBHOOK] = good
        stage.always(Manner.REFUSES)
        for _ in ("create", "take back"):
            stage.world.later(minutes=1)
            assert await vouchers.settle_all(stage.world.desk, program_id) == 1
        stage.shop.alive[voucher.code] = voucher.claim_id or 0
        return Made()

    stage.world.voucher_stores[VoucherStoreKind.WEBHOOK] = InterruptedStore(sleeps)
    assert stage.claims().state is ClaimState.VOID
    assert stage.balance == 4 * COST
    stage.always(Manner.WELL)
    stage.world.later(minutes=1)
    assert stage.works() == 1
    assert stage.shop.alive == {}
    assert stage.is_sound()


def test_a_shop_that_is_down_is_asked_little_and_holds_up_no_other(
    stage: Stage, certificate: Path
) -> None:
    """Twelve claims wait for a shop that hangs a second each, one for another shop."""
    other = VoucherShop()
    with open_merchant(other.answer, certificate) as second:
        document = _document(stage.merchant.url())
        site: Document = {"id": 2, "name": "Till", "url": "https://till.example", "currency": "usd"}
        store: Document = {"kind": "webhook", "url": second.url()}
        put("sites.0.primary", value=True)(document)
        put("sites.1", {**site, "languages": ["en"], "voucher_store": store})(document)
        put("rewards.0.cost", 1)(document)
        stage.world.publish(document)
        stage.always(Manner.FAILS)
        for _ in range(12):
            stage.claims()
        other.manner = lambda _heard: Manner.FAILS
        elsewhere = replace(stage.ask, site_id=2)
        wanted = Redemption(reward_id=1)
        stage.world.run(rewards.claim(stage.world.desk, elsewhere, "ann", wanted=wanted))
        other.manner = lambda _heard: Manner.WELL
        stage.merchant.heard.clear()
        stage.world.later(minutes=1)
        assert stage.works() == 1
        assert len(other.alive) == 1
        assert 5 <= len(stage.merchant.heard) <= 8
        stage.always(Manner.WELL)
        stage.world.later(minutes=2)
        assert stage.works() == 12
    assert stage.is_sound()


def _store(world: World, outgoing: Outgoing) -> SignedVoucherStore:
    async def secret(_program_id: int, _site_id: int) -> str:
        return world.tenant.sites[0].secret

    return SignedVoucherStore(outgoing, site_secret=secret, clock=lambda: world.now)
