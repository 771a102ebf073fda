"""`leal key`: API keys."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer

from leal.cli.connecting import Connected, connected
from leal.cli.noting import at_the_terminal
from leal.cli.program import ProgramId
from leal.cli.showing import Mistake, active_or, say, show_table
from leal.domain.deeds import Action, Deed, Subject
from leal.storage import credentials
from leal.storage.credentials import ApiKey
from leal.usecases import audit
from leal.usecases.access import NewKey, Scope, create_key

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)

_SCOPES_HELP = f"Separated by commas, or `all`: {', '.join(Scope)}."


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scopes: Annotated[str, typer.Option(help=_SCOPES_HELP)],
    program: ProgramId = None,
) -> None:
    """Make a key and print it; it cannot be shown again."""
    wanted = list(Scope) if scopes == "all" else scopes.replace(",", " ").split()

    async def make(to: Connected) -> NewKey:
        program_id, now = await to.choose_program(program), datetime.now(UTC)
        async with to.database.transaction() as on:
            new = await create_key(
                on, program_id, name=name, scopes=wanted, fresh=secrets.token_hex, now=now
            )
            deed = _deed(Action.KEY_CREATED, new.key.key_id)
            await audit.note(on, program_id, deed, now=now)
        return new

    made = connected(make)
    say(f"key {made.key.key_id} of program {made.key.program_id}; keep it, it is shown only now:")
    print(made.secret)


@app.command("list")
def list_all(program: ProgramId = None) -> None:
    """List the keys of a program, revoked ones too."""

    async def load(to: Connected) -> tuple[ApiKey, ...]:
        return await credentials.list_keys(to.database, await to.choose_program(program))

    rows = [
        (
            key.key_id,
            key.name,
            f"{key.shown}…",
            " ".join(key.scopes),
            key.created_at,
            active_or("revoked", key.revoked_at),
        )
        for key in connected(load)
    ]
    show_table(("key", "name", "begins with", "scopes", "created at", "state"), rows)


@app.command()
def revoke(key_id: int, program: ProgramId = None) -> None:
    """Refuse a key from now on (running servers notice within five seconds)."""

    async def end(to: Connected) -> bool:
        program_id = await to.choose_program(program)
        now = datetime.now(UTC)
        async with to.database.transaction() as on:
            ended = await credentials.revoke_key(on, program_id, key_id, now=now)
            if ended:
                await audit.note(on, program_id, _deed(Action.KEY_REVOKED, key_id), now=now)
        return ended

    if not connected(end):
        raise Mistake(f"there is no key {key_id}: see `leal key list`")
    say(f"key {key_id} is revoked")


def _deed(action: Action, key_id: int) -> Deed:
    return Deed(by=at_the_terminal(), action=action, about=Subject.KEY, about_id=key_id)
