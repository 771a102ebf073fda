"""The server is killed between reserving a voucher and hearing of its shop, as often as it takes.

Shoppers redeem and merchants refund through a real server, whose vouchers live in a shop that is
slow, that fails after it has done what it was asked, that hangs and does it then, and that never
gives a clear answer about some. In the end every claim is settled or released: what customers paid
for is alive in the shop, and nothing else is.

Seen to fail: with claims approved when they are saved, codes are missing in the shop; with a
refusal after an unclear answer not taken back, or a day's silence ended without taking back, codes
are alive that nobody paid for.
"""

import asyncio
import base64
import hmac
import json
import os
import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from leal.domain.enrolment import Visit
from leal.domain.sites import VoucherStoreKind
from leal.integrations.fulfilment import UnreachableFulfilment
from leal.integrations.outgoing import LIMIT_SECONDS, Outgoing
from leal.integrations.voucher_stores import SignedVoucherStore
from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases import customers, points, vouchers
from leal.usecases.access import Scope, create_key
from leal.usecases.desk import Ask, Desk
from leal.usecases.due import run_until_nothing_is_due
from leal.usecases.programs import Programs, Publisher
from leal.usecases.verification import verify
from tests.databases import with_database
from tests.faults.servers import Installation, Shopper, Shoppers, free_port, live_for
from tests.merchants import Answer, Heard, Merchant, make_certificate, open_merchant, outgoing_to
from tests.programs import Document, lion_rewards, put
from tests.soak import examples
from tests.voucher_shops import Manner, VoucherShop

KILLS = examples(5, soak=50)
SHOPPERS = 8
COST, POINTS = 10, 1_000_000
MOST_CALLS_IN_A_LIFE = 12
LONGEST_LIFE_SECONDS = 20
MOST_ROUNDS = 200


@dataclass(slots=True)
class Moods:
    """How the shop feels: never clear about one claim in nine, and about others by chance."""

    chance: random.Random
    may_hang: bool = True
    always_well: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, heard: Heard) -> Manner:
        if self.always_well:
            return Manner.WELL
        making = heard.json["action"] == "create"
        if making and heard.json["voucher"]["claimed_reward_id"] % 9 == 0:
            return Manner.FAILS_AFTERWARDS
        with self.lock:
            roll = self.chance.random()
        if roll < 0.04 and self.may_hang:
            return Manner.HANGS
        if roll < 0.10 and making:
            return Manner.REFUSES
        if roll < 0.15:
            return Manner.FAILS
        if roll < 0.30:
            return Manner.FAILS_AFTERWARDS
        return Manner.SLOWLY if roll < 0.60 else Manner.WELL


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The program, and a key for it."""

    program_id: int
    key: str = field(repr=False)
    site_secret: str = field(repr=False)


def test_a_killed_server_leaves_no_voucher_half_made(
    database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Repeat a failure's chances with LEAL_SEED; only the machine's timing is not repeated."""
    seed = int(os.environ.get("LEAL_SEED", "0")) or secrets.randbits(32)
    certificate = make_certificate(tmp_path)
    moods = Moods(chance=random.Random(seed))  # noqa: S311 - to be repeatable
    keeper = VoucherShop(manner=moods, hangs_seconds=LIMIT_SECONDS + 0.5)
    installation = Installation(
        database_url=database_url,
        folder=tmp_path,
        port=free_port(),
        secret_key=secrets.token_bytes(32),
        environ={"LEAL_OUTGOING_ALLOW": "127.0.0.0/8", "SSL_CERT_FILE": str(certificate)},
    )
    with open_merchant(keeper.answer, certificate) as merchant:
        shop = _open_shop(installation, merchant.url())
        merchant.answer = _if_signed(keeper, shop.site_secret)
        told = _live_and_die(installation, shop, merchant, seed=seed)
        merchant.until_idle()
        left = _claims(installation, shop)
        moods.may_hang = False
        rounds = _work_off(installation, shop, outgoing_to(certificate), moods=moods)
        merchant.until_idle()
    ended = _claims(installation, shop)
    unsettled = sum(row["settle_by"] is not None for row in left)
    figures = {
        "seed": seed,
        "kills": KILLS,
        "told": told,
        "before": _count(left),
        "after": _count(ended),
        "unsettled": unsettled,
        "rounds": rounds,
        "calls": len(merchant.heard),
    }
    for name, value in figures.items():
        record_property(name, value)
    assert unsettled >= KILLS, f"the kills hit too little: {figures}"
    assert not [answer for answer in told if answer[0] not in "24n"], f"it failed: {figures}"
    _assert_settled(ended, keeper, note=str(figures))
    _assert_balances(installation, shop, approved=_count(ended).get("approved", 0))


def _live_and_die(
    installation: Installation, shop: Shop, merchant: Merchant, *, seed: int
) -> dict[str, int]:
    """Each life ends a moment after some calls have reached the shop."""
    chance = random.Random(seed + 1)  # noqa: S311 - to be repeatable
    shoppers = Shoppers(installation.port, shop.key, shop=_shop)
    shoppers.start([f"shopper-{number}" for number in range(SHOPPERS)], seed=seed + 2)

    def live() -> None:
        enough = len(merchant.heard) + chance.randint(1, MOST_CALLS_IN_A_LIFE)
        give_up_at = time.monotonic() + LONGEST_LIFE_SECONDS
        while len(merchant.heard) < enough and time.monotonic() < give_up_at:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.25))

    try:
        for _ in range(KILLS):
            live_for(installation, live)
    finally:
        shoppers.stop()
    return dict(shoppers.told)


def _if_signed(keeper: VoucherShop, secret: str) -> Answer:
    def answer(heard: Heard) -> int:
        signature = base64.b64encode(hmac.digest(secret.encode(), heard.body, "sha256")).decode()
        signed = heard.headers["x-loyaltylion-hmac-sha256"] == signature
        return keeper.answer(heard) if signed else 401

    return answer


def _shop(shopper: Shopper) -> None:
    """Redeems, and now and then gives one back; a moment's rest when nobody answers."""
    if shopper.claims and shopper.chance.random() < 0.3:
        claim_id = shopper.claims.pop(shopper.chance.randrange(len(shopper.claims)))
        path = f"/v2/customers/{shopper.name}/claimed_rewards/{claim_id}/refund"
        status, _ = shopper.shoppers.post(path)
    else:
        path = f"/v2/customers/{shopper.name}/claimed_rewards"
        status, answer = shopper.shoppers.post(path, {"reward_id": 1})
        if status == 201:
            shopper.claims.append(json.loads(answer)["claimed_reward"]["id"])
    if status == 0:
        time.sleep(0.2)


def _open_shop(installation: Installation, url: str) -> Shop:
    async def made(database: Database) -> Shop:
        publisher = Publisher(database, Sealer(installation.secret_key), fresh=secrets.token_hex)
        now = _now()
        publication = await publisher.create(_document(url), author="test", now=now)
        program_id = publication.published.id
        desk = _desk(database, {}, ahead=timedelta(0))
        ask = Ask(program_id=program_id)
        for number in range(SHOPPERS):
            name = f"shopper-{number}"
            visit = Visit(email=f"{name}@lion.example")
            await customers.initialize_session(desk, ask, merchant_id=name, visit=visit)
            await points.add(desk, ask, name, points=POINTS, reason=None)
        key = await create_key(
            database, program_id, name="test", scopes=Scope, fresh=secrets.token_hex, now=now
        )
        secret = publication.new_sites[0].secret
        return Shop(program_id=program_id, key=key.secret, site_secret=secret)

    return with_database(installation.database_url, made)


def _document(url: str) -> Document:
    document = lion_rewards()
    put("sites.0.voucher_store", {"kind": "webhook", "url": url})(document)
    voucher: Document = {"kind": "cart_discount_voucher", "discount": {"amount": 5}}
    put("rewards", [{"id": 1, "title": "$5 off", "cost": COST, **voucher}])(document)
    put("rules", [])(document)
    return document


def _desk(
    database: Database,
    stores: dict[VoucherStoreKind, SignedVoucherStore],
    *,
    ahead: timedelta,
) -> Desk:
    return Desk(
        database=database,
        programs=Programs(database),
        clock=lambda: _now() + ahead,
        entropy=lambda: secrets.token_bytes(32),
        consent={},
        subscriptions={},
        voucher_stores=stores,
        fulfilment=UnreachableFulfilment(),
        public_url="http://leal.test",
    )


def _work_off(installation: Installation, shop: Shop, outgoing: Outgoing, *, moods: Moods) -> int:
    """Lets time pass, and two workers do what is due, until nothing is; returns the rounds.

    For a day and a half the shop stays as it is, then it is well.
    """

    async def secret(_program_id: int, _site_id: int) -> str:
        return shop.site_secret

    store = SignedVoucherStore(outgoing, site_secret=secret, clock=_now)

    def desk(database: Database, ahead: timedelta) -> Desk:
        return _desk(database, {VoucherStoreKind.WEBHOOK: store}, ahead=ahead)

    async def work(database: Database) -> int:
        begun, ahead = _now(), timedelta(0)
        for number in range(MOST_ROUNDS):
            due_at: datetime | None = await database.value(
                "SELECT max(settle_by) FROM claimed_rewards WHERE program_id = $1", shop.program_id
            )
            if due_at is None:
                await run_until_nothing_is_due(desk(database, ahead), shop.program_id)
                return number
            ahead = max(ahead, due_at - _now()) + timedelta(seconds=1)
            moods.always_well = _now() + ahead > begun + timedelta(hours=36)
            workers = [desk(database, ahead) for _ in range(2)]
            await asyncio.gather(*(vouchers.settle_all(each, shop.program_id) for each in workers))
        return MOST_ROUNDS

    try:
        return with_database(installation.database_url, work)
    finally:
        outgoing.close()


def _claims(installation: Installation, shop: Shop) -> list[asyncpg.Record]:
    sql = """SELECT claimed_reward_id AS id, code, state, settle_by, points_cost AS cost,
        points_refunded AS back FROM claimed_rewards WHERE program_id = $1"""
    return with_database(
        installation.database_url, lambda database: database.rows(sql, shop.program_id)
    )


def _assert_settled(ended: list[asyncpg.Record], keeper: VoucherShop, *, note: str) -> None:
    """What was paid for is alive in the shop, and nothing else is."""
    approved = {row["code"]: row["id"] for row in ended if row["state"] == "approved"}
    assert not [row for row in ended if row["settle_by"] is not None], note
    assert {row["state"] for row in ended} == {"approved", "void"}, note
    assert keeper.alive == approved, note
    assert keeper.wrongs == [], note
    assert all(row["cost"] == COST for row in ended), note
    assert all(row["back"] == (COST if row["state"] == "void" else 0) for row in ended), note


def _count(rows: list[asyncpg.Record]) -> dict[str, int]:
    return {
        state: sum(row["state"] == state for row in rows) for state in {r["state"] for r in rows}
    }


def _assert_balances(installation: Installation, shop: Shop, *, approved: int) -> None:
    async def read(database: Database) -> tuple[int, bool]:
        sql = "SELECT sum(points_approved)::bigint FROM customers WHERE program_id = $1"
        report = await verify(database, program_id=shop.program_id)
        return await database.value(sql, shop.program_id), report.is_clean

    points_left, is_clean = with_database(installation.database_url, read)
    assert points_left == SHOPPERS * POINTS - approved * COST
    assert is_clean


def _now() -> datetime:
    now = datetime.fromtimestamp(time.time(), tz=UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
