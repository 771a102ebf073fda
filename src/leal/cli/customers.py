"""`leal customers`: tell all that is known of a person, or forget it."""

import os
import sys
from typing import Annotated

import typer

from leal.app import open_desk
from leal.cli.connecting import Connected, connected
from leal.cli.noting import at_the_terminal
from leal.cli.showing import Mistake, say
from leal.domain.deeds import Action, Deed
from leal.domain.problems import Missing
from leal.settings import read_settings
from leal.usecases import customer_care
from leal.usecases.customer_care import Erased
from leal.usecases.desk import Ask, Desk

app = typer.Typer(help="What is known of a person.", no_args_is_help=True)

MerchantId = Annotated[str, typer.Argument(help="The customer's id in the shop.")]
ProgramId = Annotated[
    int | None, typer.Option("--program", help="Needed when there are several programs.", min=1)
]


@app.command()
def export(merchant_id: MerchantId, program: ProgramId = None) -> None:
    """Print all that is known of a customer, as one JSON document."""

    async def write(to: Connected) -> None:
        desk, program_id = _desk(to), await to.choose_program(program)
        ask = _ask(program_id, Action.CUSTOMER_EXPORTED)
        person = await customer_care.find(desk, ask, merchant_id)
        async for piece in customer_care.export(desk, person):
            sys.stdout.write(piece.decode())
        sys.stdout.write("\n")

    try:
        connected(write)
    except Missing as missing:
        raise Mistake(missing.message) from missing


@app.command()
def erase(
    merchant_id: MerchantId,
    program: ProgramId = None,
    *,
    confirm: Annotated[
        str | None,
        typer.Option("--confirm", metavar="MERCHANT_ID", help="The id once more, to not be asked."),
    ] = None,
) -> None:
    """Erase all that is known of the person behind a customer. Nothing brings it back."""
    if confirm is None:
        confirm = typer.prompt(f"Type {merchant_id} once more to erase this customer for good")
    if confirm != merchant_id:
        raise Mistake("nothing was erased: the two ids differ")

    async def forget(to: Connected) -> Erased:
        program_id = await to.choose_program(program)
        ask = _ask(program_id, Action.CUSTOMER_ERASED)
        return await customer_care.erase(_desk(to), ask, merchant_id)

    try:
        erased = connected(forget)
    except Missing as missing:
        raise Mistake(missing.message) from missing
    rows = sum(erased.rows.values())
    say(f"the person behind customer {erased.customer_id} is erased: {rows} row(s) changed")


def _ask(program_id: int, action: Action) -> Ask:
    return Ask(program_id=program_id, deed=Deed(by=at_the_terminal(), action=action))


def _desk(to: Connected) -> Desk:
    return open_desk(to.database, read_settings(os.environ))
