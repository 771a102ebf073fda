"""An erased person is nowhere: every table of the database is looked through, byte by byte.

Seen to fail: with the e-mail left in an order, with a friend's key left in a referral.
"""

import asyncio
import io
from collections.abc import Iterator
from typing import cast

import asyncpg
import pytest

from leal.storage.db import Database
from leal.storage.holdings import HOLDINGS, IMPERSONAL
from leal.storage.verification import Invariant
from leal.usecases.due import run_until_nothing_is_due
from leal.usecases.verification import verify
from tests.contract.headless.friends import RULE, TENTH
from tests.contract.headless.redeeming import rewards_program
from tests.databases import with_database
from tests.programs import Document
from tests.worlds import Answer, World, world_on

MERCHANT_ID, EMAIL = "kim-7731", "Kim.Person+shop@personal.example"
TRACES = (
    *("kim-7731", "kim.person", "personal.example", "203.0.113.77", "Kimberly", "Persson"),
    *("TrackedKim", "KimBrowser", "sorry kim", "1987"),
)
"""Words that were said of the person and of nobody else, to be searched for without case."""

_FORGERY = """
WITH named AS (UPDATE customers SET first_name = 'Kim' WHERE erased_at IS NOT NULL)
UPDATE idempotency_keys SET key_hash = 'short' WHERE key_hash = (
    SELECT min(key_hash) FROM idempotency_keys)
"""
_TEXTS = ("text", "json", "jsonb", "bytea", "ARRAY", "character varying")


def test_every_table_is_known_to_hold_persons_or_not(database_url: str) -> None:
    async def columns(database: Database) -> dict[str, set[str]]:
        rows = await database.rows(
            "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'"
        )
        found: dict[str, set[str]] = {row["table_name"]: set() for row in rows}
        for row in rows:
            if row["data_type"] in _TEXTS:
                found[row["table_name"]].add(row["column_name"])
        return found

    found = with_database(database_url, columns)
    held = {each.table: each for each in HOLDINGS}
    assert set(held) | set(IMPERSONAL) == set(found), "name the table in storage/holdings.py"
    assert not set(held) & set(IMPERSONAL)
    for table, holding in held.items():
        erased = {each for each in found[table] if each in (holding.erase or "")}
        deleted = "DELETE" in (holding.erase or "")
        unsaid = found[table] - erased - set(holding.kept)
        assert deleted or not unsaid, f"{table}: erase {unsaid}, or say why they stay"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    document = rewards_program()
    rules = [*cast("list[Document]", document["rules"]), {**RULE, "id": 91}]
    purchase: Document = {"id": 92, "kind": "purchase", "title": "Buy", "points": 5}
    document["rules"] = [*rules, purchase]
    document["referrals"] = {"incentive": TENTH}
    with world_on(database_url, document) as made:
        yield made


def _visit(world: World, name: str, email: str) -> Answer:
    path = f"/headless/2025-06/1/customers/{name}/sessions?channel=web"
    key = {"idempotency-key": f"visit {name}"}
    answer = world.post(path, {"customer": {"email": email}}, headers=key)
    assert answer.status == 200, answer.body
    return answer


def _order(world: World, number: str, **of: object) -> None:
    body = {
        "merchant_id": number,
        "customer_id": MERCHANT_ID,
        "customer_email": EMAIL,
        "total": "50.00",
        "total_shipping": "0",
        "payment_status": "paid",
        "ip_address": "203.0.113.77",
        "user_agent": "KimBrowser/1",
        "tracking_id": "TrackedKim",
        **of,
    }
    key = {"idempotency-key": f"order {number}"}
    assert world.post("/v2/orders", body, headers=key).status == 201


def _live(world: World) -> None:
    """A person comes as a friend, buys, redeems, sends friends, and is told of in every table."""
    _visit(world, "referrer", "rob@other.example")
    link = "SELECT referral_id FROM customers WHERE merchant_id = $1"
    sent_by = world.run(world.database.value(link, "referrer"))
    here = {"ip_address": "203.0.113.77"}
    incentive = "/headless/2025-06/1/referrals/referee_incentive?channel=web"
    body = {"referral_id": sent_by, "referee_email": EMAIL, "user_agent": None, **here}
    assert world.post(incentive, body, headers={"idempotency-key": "code"}).status == 200
    guests = "/headless/2025-06/1/referrals/guest_registrations?channel=web"
    assert world.post(guests, {"email": EMAIL, "first_name": "Kimberly", **here}).status == 200
    _order(world, "5000", customer_id=None, guest=True, referral_id=sent_by)
    _visit(world, MERCHANT_ID, EMAIL)
    _order(world, "5001", referral_id=sent_by)
    birthday = {"birthday": {"month": 2, "day": 3, "year": 1987}}
    path = f"/headless/2025-06/1/customers/{MERCHANT_ID}"
    key = {"idempotency-key": "birthday"}
    assert world.post(f"{path}/birthday?channel=web", birthday, headers=key).status == 200
    reason = {"points": 50, "reason": "Sorry Kim"}
    assert world.post(f"/v2/customers/{MERCHANT_ID}/points", reason).status == 201
    redeem = "/headless/2025-06/1/rewards/cart_discount_voucher/redeem?channel=web"
    wanted = {"reward_id": 1, "customer_merchant_id": MERCHANT_ID}
    assert world.post(redeem, wanted, headers={"idempotency-key": "claim"}).status in (201, 422)
    activity = {
        "name": "$signup",
        "customer_id": MERCHANT_ID,
        "customer_email": EMAIL,
        "merchant_id": MERCHANT_ID,
    }
    assert world.post("/v2/activities", activity).status == 201
    world.run(
        world.database.execute(
            "UPDATE customers SET first_name = 'Kimberly', last_name = 'Persson',"
            ' properties = \'{"size": "Kimberly"}\', metadata = \'{"note": "Persson"}\''
            " WHERE merchant_id = $1",
            MERCHANT_ID,
        )
    )
    world.run(run_until_nothing_is_due(world.desk, world.tenant.program_id))


def _found(url: str) -> dict[str, set[str]]:
    """Which traces each table's bytes hold, as the database itself writes them out."""

    async def look() -> dict[str, set[str]]:
        on = await asyncpg.connect(url)
        try:
            tables = await on.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            found = {}
            for row in tables:
                written = io.BytesIO()
                await on.copy_from_table(row["tablename"], output=written)
                text = _readable(written.getvalue().decode()).lower()
                found[row["tablename"]] = {each for each in TRACES if each.lower() in text}
            return found
        finally:
            await on.close()

    return asyncio.run(look())


def _readable(text: str) -> str:
    """With what was written as hexadecimal digits beside it in letters."""
    parts = [text]
    for word in text.split("\\\\x")[1:]:
        digits = word.split("\t")[0].split("\n")[0]
        parts.append(bytes.fromhex(digits).decode("utf-8", "replace"))
    return "".join(parts)


def _sums(world: World) -> str:
    sql = "SELECT json_agg(t ORDER BY transaction_id)::text FROM transactions t"
    found: str = world.run(world.database.value(sql))
    return found


def test_nothing_of_an_erased_person_is_left(world: World, database_url: str) -> None:
    _live(world)
    before = {table: traces for table, traces in _found(database_url).items() if traces}
    assert set().union(*before.values()) == set(TRACES), before
    assert {"customers", "orders", "history", "idempotency_keys", "referral_guests"} <= set(before)
    ledger = _sums(world)
    path = f"/leal/v1/customers/{MERCHANT_ID}"
    exported = world.get(f"{path}/export")
    assert set(exported.json) == {each.table for each in HOLDINGS}
    assert exported.json["customers"][0]["email"] == EMAIL
    assert len(exported.json["orders"]) == 2
    answer = world.post(
        f"{path}/erase", {"confirm": MERCHANT_ID}, headers={"idempotency-key": "gone"}
    )
    assert answer.status == 200, answer.body
    assert {table: traces for table, traces in _found(database_url).items() if traces} == {}
    assert _sums(world) == ledger
    assert world.run(verify(world.database)).violations == ()
    _assert_is_a_stranger(world, database_url)
    world.run(world.database.execute(_FORGERY))
    broken = world.run(verify(world.database)).counts
    assert broken == {Invariant.ERASED: 1, Invariant.ANSWERS: 1}


def _assert_is_a_stranger(world: World, database_url: str) -> None:
    """The old answers are gone but not run again; the old orders stay nobody's; all else is new."""
    sql = "SELECT max(customer_id) FROM customers"
    last = world.run(world.database.value(sql))
    birthday = {"birthday": {"month": 2, "day": 3, "year": 1987}}
    told = f"/headless/2025-06/1/customers/{MERCHANT_ID}/birthday?channel=web"
    gone = world.post(told, birthday, headers={"idempotency-key": "birthday"})
    assert (gone.status, gone.headers["content-length"]) == (410, str(len(gone.body)))
    body = {"payment_status": "paid", "refund_status": "refunded", "total_refunded": "50.00"}
    refund = world.call(
        "PUT", "/v2/orders/5001", json={**body, "cancellation_status": "not_cancelled"}
    )
    assert refund.status == 204, refund.body
    assert world.get(f"/leal/v1/customers/{MERCHANT_ID}/export").status == 404
    assert {table for table, traces in _found(database_url).items() if traces} == set()
    _order(world, "5002")
    assert world.run(world.database.value(sql)) == last + 1
    assert world.run(verify(world.database)).violations == ()
