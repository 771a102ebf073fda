"""`leal customers`: tell all that is known of a person, forget it, or merge two who are one."""

import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Final, TypeVar

import typer

from leal.app import open_desk
from leal.cli.connecting import Connected, connected
from leal.cli.noting import at_the_terminal
from leal.cli.showing import Mistake, say, show_table
from leal.domain.deeds import Action, Deed
from leal.domain.problems import Missing
from leal.settings import read_settings
from leal.storage.customer_ids import IdsOf
from leal.usecases import customer_care, merging
from leal.usecases.customer_care import Erased
from leal.usecases.desk import Ask, Desk
from leal.usecases.merging import Listed, Merged

_T = TypeVar("_T")

app = typer.Typer(help="Customers and the persons behind them.", no_args_is_help=True)

MerchantId = Annotated[str, typer.Argument(help="The customer's id in the shop.")]
ProgramId = Annotated[
    int | None, typer.Option("--program", help="Needed when there are several programs.", min=1)
]

SiteId = Annotated[
    int | None,
    typer.Option("--site", help="The site whose id it is, where several have the same.", min=1),
]

_LISTED: Final = 1_000


@app.command()
def export(merchant_id: MerchantId, program: ProgramId = None, *, site: SiteId = None) -> None:
    """Print all that is known of a customer, as one JSON document."""

    async def write(to: Connected) -> None:
        desk, program_id = _desk(to), await to.choose_program(program)
        ask = _ask(program_id, Action.CUSTOMER_EXPORTED, site=site)
        persons = await customer_care.find(desk, ask, merchant_id)
        async for piece in customer_care.export(desk, persons):
            sys.stdout.write(piece.decode())
        sys.stdout.write("\n")

    _for_a_customer(write)


@app.command()
def erase(
    merchant_id: MerchantId,
    program: ProgramId = None,
    *,
    site: SiteId = None,
    confirm: Annotated[
        str | None,
        typer.Option("--confirm", metavar="MERCHANT_ID", help="The id once more, to not be asked."),
    ] = None,
) -> None:
    """Erase all that is known of the person behind a customer. Nothing brings it back."""
    if confirm is None:
        confirm = typer.prompt(
            f"Type {merchant_id} once more to erase this customer for good", err=True
        )
    if confirm != merchant_id:
        raise Mistake("nothing was erased: the two ids differ")

    async def forget(to: Connected) -> Erased:
        program_id = await to.choose_program(program)
        ask = _ask(program_id, Action.CUSTOMER_ERASED, site=site)
        return await customer_care.erase(_desk(to), ask, merchant_id)

    erased = _for_a_customer(forget)
    rows = sum(erased.rows.values())
    say(f"the person behind customer {erased.customer_id} is erased: {rows} row(s) changed")


@app.command()
def merge(
    merchant_id: MerchantId,
    other: Annotated[str, typer.Argument(help="The customer to merge into them, by their id.")],
    program: ProgramId = None,
    *,
    site: SiteId = None,
    other_site: Annotated[
        int | None,
        typer.Option("--other-site", help="The site whose id the other's is.", min=1),
    ] = None,
) -> None:
    """Merge another customer into one. It can be taken back for 30 days."""

    async def both(to: Connected) -> Merged:
        ask = _ask(await to.choose_program(program), Action.CUSTOMERS_MERGED, site=site)
        there = ask if other_site is None else replace(ask, ids=IdsOf(site_id=other_site))
        return await merging.merge(_desk(to), ask, merchant_id, other=there, other_id=other)

    found = connected(both).merge
    say(
        f"customer {found.merged.id} is merged into customer {found.survivor.id}, with"
        f" {found.points_approved} approved and {found.points_pending} pending points,"
        f" {found.orders} order(s) and {found.claims} claimed reward(s)"
    )
    say(f"take it back with `leal customers unmerge {merchant_id} {found.merge_id}`")


@app.command()
def unmerge(
    merchant_id: MerchantId,
    merge: Annotated[int, typer.Argument(help="The merge's number; see `merges`.", min=1)],
    program: ProgramId = None,
    *,
    site: SiteId = None,
) -> None:
    """Take a merge back: both customers are who they were."""

    async def apart(to: Connected) -> Merged:
        ask = _ask(await to.choose_program(program), Action.MERGE_UNDONE, site=site)
        return await merging.undo(_desk(to), ask, merchant_id, merge_id=merge)

    found = connected(apart).merge
    say(f"customers {found.survivor.id} and {found.merged.id} are two again")


@app.command()
def merges(merchant_id: MerchantId, program: ProgramId = None, *, site: SiteId = None) -> None:
    """List who was merged into a customer, the newest first."""

    async def read(to: Connected) -> Listed:
        ids = None if site is None else IdsOf(site_id=site)
        ask = Ask(program_id=await to.choose_program(program), ids=ids)
        return await merging.list_merges(_desk(to), ask, merchant_id, before=None, limit=_LISTED)

    rows = [
        (
            each.merge.merge_id,
            each.merge.merged.merchant_id,
            each.merge.points_approved,
            each.merge.merged_at,
            each.merge.undone_at,
            each.undo_until,
        )
        for each in connected(read).merges
    ]
    show_table(("merge", "customer", "points", "merged", "undone", "undo until"), rows)


def _for_a_customer(work: Callable[[Connected], Awaitable[_T]]) -> _T:
    """Do a command's work about a customer; where there is none, say what to look at."""
    try:
        return connected(work)
    except Missing as missing:
        raise Mistake(f"{missing.message}: check the id, --program and --site") from missing


def _ask(program_id: int, action: Action, *, site: int | None = None) -> Ask:
    ids = None if site is None else IdsOf(site_id=site)
    deed = Deed(by=at_the_terminal(), action=action)
    return Ask(program_id=program_id, ids=ids, deed=deed)


def _desk(to: Connected) -> Desk:
    return open_desk(to.database, read_settings(os.environ))
