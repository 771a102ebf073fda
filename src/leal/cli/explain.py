"""`leal explain`: why a customer has the points they have, told step by step."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from leal.api.own.requests import cursor_of
from leal.api.own.views import exact, explained, money, part_of_money
from leal.app import open_desk
from leal.cli.connecting import Connected, connected
from leal.cli.program import ProgramId
from leal.cli.showing import say
from leal.domain.customers import HistoryRow
from leal.domain.explaining import PointsExplained
from leal.settings import read_settings
from leal.storage.customer_ids import IdsOf
from leal.storage.explain import Part
from leal.usecases import explain as usecase
from leal.usecases.desk import Ask
from leal.usecases.explain import EntryExplained, Explained, OrderExplained

_SHOWN = 50


def explain(
    merchant_id: Annotated[str, typer.Argument(help="The customer's id in the shop.")],
    program: ProgramId = None,
    *,
    order: Annotated[
        str | None,
        typer.Option(help="Only this order, by the shop's id; tells which rules gave nothing."),
    ] = None,
    site: Annotated[
        int | None, typer.Option(help="The site whose id it is, where several have the same.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many entries.", min=1, max=1000)] = _SHOWN,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Explain a customer's points, entry by entry of the ledger, the newest first."""
    part = Part(limit=limit, order=order)

    async def load(to: Connected) -> Explained:
        program_id = await to.choose_program(program)
        desk = open_desk(to.database, read_settings(os.environ))
        ids = None if site is None else IdsOf(site_id=site)
        ask = Ask(program_id=program_id, ids=ids)
        return await usecase.explain(desk, ask, merchant_id, part=part)

    found = connected(load)
    if json:
        last = found.entries[-1].entry.id if found.more else None
        cursor = None if last is None else cursor_of(part, last_id=last)
        print(msgspec.json.encode(explained(found, cursor=cursor)).decode())
        return
    console = Console(soft_wrap=True)
    for line, style in _told(found):
        console.print(Text(line, style=style))
    if found.more:
        say(f"older entries are not shown: ask for more than {limit} with --limit")


Line = tuple[str, str]
"""A line and its style."""


def _told(found: Explained) -> Iterator[Line]:
    person = found.customer
    yield f"customer {person.merchant_id} (id {person.id})", "bold"
    balances = f"{person.points_approved:,} approved, {person.points_pending:,} pending"
    yield f"  {balances}, {person.points_spent:,} spent", ""
    for each in found.entries:
        yield "", ""
        yield from _entry(each)
    for order in found.orders:
        yield "", ""
        yield from _order(order)


def _entry(found: EntryExplained) -> Iterator[Line]:
    entry, row = found.entry, found.entry.row
    moves = (
        (entry.points_approved, "approved"),
        (entry.points_pending, "pending"),
        (entry.points_spent, "spent"),
    )
    moved = ", ".join(f"{points:+,} {name}" for points, name in moves if points) or "nothing moved"
    yield f"{_time(entry.created_at)}  {moved}", "bold"
    state = f", now {row.state}" if row.state else ""
    yield f"  entry {entry.id}: {entry.cause}, of {row.kind} {row.id}{state}", ""
    for line in (*_cause(found), *_dates(row)):
        yield f"  {line}", ""
    for expires, points in entry.lots:
        when = "never expire" if expires is None else f"expire on {_time(expires)}"
        yield f"  {points:+,} in the lot of points that {when}", ""


def _cause(found: EntryExplained) -> Iterator[str]:
    row, claim = found.entry.row, found.entry.claim
    if row.rule_id is not None:
        yield f"rule {row.rule_id} ({row.rule_kind}): {row.title}"
    if found.limit is not None:
        limit = found.limit
        every = f"each {limit.interval}" if limit.interval else "ever"
        yield f"completion {limit.number} of {limit.allowed} allowed {every}"
    if found.order is not None:
        yield f"order {found.order.merchant_id}, explained below"
    if claim is not None:
        cost = f"{claim.points_cost:,} points"
        yield f"reward {claim.reward_id} ({claim.title}): claim {claim.id}, {cost}"
    if row.reason:
        yield f"reason: {row.reason}"


def _dates(row: HistoryRow) -> Iterator[str]:
    if row.program_version is not None:
        yield f"under version {row.program_version} of the program"
    if row.approve_at is not None:
        yield f"approved on {_time(row.approve_at)}"
    if row.expires_at is not None:
        yield f"expires on {_time(row.expires_at)}"


def _order(found: OrderExplained) -> Iterator[Line]:
    order = found.order
    states = f"{order.payment_status}, {order.refund_status}, {order.cancellation_status}"
    yield f"order {order.merchant_id} on site {order.site_id}: {states}", "bold"
    if order.paid_at is not None:
        by = f" by one who was {order.paid_by}" if order.paid_by else ""
        yield f"  seen paid on {_time(order.paid_at)}{by}", ""
    if order.terms is not None:
        tier = f", tier {order.tier_id}" if order.tier_id else ""
        yield f"  promised under version {order.program_version} of the program{tier}", ""
    if found.unpromised is not None:
        yield f"  no points were promised: {found.unpromised}", ""
    for award in found.awards:
        yield from _award(award, found.currency)
    for rule in found.unfired:
        name = rule.title or "a rule that is gone"
        yield f"  rule {rule.rule_id} ({name}) gave nothing: {rule.why}", "yellow"


def _award(found: PointsExplained, currency: str) -> Iterator[Line]:
    terms = found.terms
    yield f"  rule {terms.rule_id} ({terms.rule_kind}): {terms.title}", "green"
    steps = (
        ("paid", found.gross_minor, True),
        ("less shipping", -found.shipping_minor, False),
        ("less tax, which earns nothing", -found.tax_minor, False),
        ("less what a gift card paid", -found.gift_card_minor, False),
        ("base", found.base_minor, True),
    )
    for label, minor, always in steps:
        if always or minor:
            yield _step(label, money(minor, currency)), ""
    if found.refunded_minor:
        share = part_of_money(-found.refund_share_minor, currency)
        refunded = money(found.refunded_minor, currency)
        yield _step(f"less the share of {refunded} refunded", share), ""
    why = f" ({found.nothing})" if found.nothing else ""
    yield _step(f"counts{why}", part_of_money(found.net_minor, currency)), ""
    for each in found.goods:
        by = f" by modifier {each.modifier}" if each.modifier else ""
        price = f"{each.item.quantity} x {money(each.item.price_minor, currency)}"
        yield f"      {each.item.product_id}, {price}: {exact(each.rate)} for each unit{by}", ""
    per = f"for each {currency.upper()}" if terms.per_unit else "for the order"
    yield _step(f"points {per}", exact(found.rate)), ""
    yield _step(f"points, exactly ({terms.rounding})", exact(found.exact)), ""
    yield _step("points", f"{found.points:,}"), "bold"


def _step(label: str, value: str) -> str:
    return f"    {label:<44} {value:>16}"


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
