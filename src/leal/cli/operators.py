"""`leal operator`: the accounts of people who look after programs in the browser."""

import secrets
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from leal.cli.connecting import Connected, connected
from leal.cli.noting import at_the_terminal
from leal.cli.showing import Mistake, active_or, say, show_table
from leal.storage import operators as stored
from leal.storage.operators import Operator
from leal.usecases.operators import Operators

app = typer.Typer(help="Make, list, disable and enable operator accounts.", no_args_is_help=True)

_ENTROPY_BYTES = 32


@app.command()
def create(
    login: str,
    name: Annotated[str, typer.Option(help="How pages and the audit log call them.")],
    program: Annotated[
        list[int] | None, typer.Option(help="A program they look after; may be repeated.")
    ] = None,
    *,
    every_program: Annotated[
        bool, typer.Option("--every-program", help="They look after all programs.")
    ] = False,
) -> None:
    """Make an account; the password is asked for, or read from a pipe."""
    if every_program == bool(program):
        raise Mistake("say either --program (once for each) or --every-program")
    password = _password()

    async def make(to: Connected) -> int:
        chosen = [await to.choose_program(each) for each in program or ()]
        return await _operators(to).create(
            (login, name),
            password=password,
            program_ids=None if every_program else chosen,
            by=at_the_terminal(),
            now=datetime.now(UTC),
        )

    say(f"operator {connected(make)} ({login}) can sign in at /login")


@app.command("list")
def list_all() -> None:
    """List the accounts, disabled ones too."""
    found = connected(lambda to: stored.list_all(to.database))
    rows = [
        (
            each.id,
            each.login,
            each.name,
            _programs(each),
            active_or("disabled", each.disabled_at),
        )
        for each in found
    ]
    show_table(("operator", "login", "name", "programs", "state"), rows)


@app.command()
def disable(login: str) -> None:
    """Refuse an account from now on, and end its sessions."""
    connected(lambda to: _operators(to).disable(login, by=at_the_terminal(), now=datetime.now(UTC)))
    say(f"{login} is disabled; `leal operator enable {login}` takes that back")


@app.command()
def enable(login: str) -> None:
    """Let a disabled account sign in again, with the password that it had."""
    connected(lambda to: _operators(to).enable(login, by=at_the_terminal(), now=datetime.now(UTC)))
    say(f"{login} can sign in at /login again")


@app.command()
def password(login: str) -> None:
    """Give an account a new password; its sessions end, and attempts are counted anew."""
    new = _password()
    connected(
        lambda to: _operators(to).set_password(
            login, password=new, by=at_the_terminal(), now=datetime.now(UTC)
        )
    )
    say(f"{login} has a new password")


def _operators(to: Connected) -> Operators:
    return Operators(to.database, entropy=lambda: secrets.token_bytes(_ENTROPY_BYTES))


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    found: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return found


def _programs(operator: Operator) -> str:
    return "all" if operator.every_program else " ".join(map(str, operator.program_ids))
