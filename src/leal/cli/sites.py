"""`leal site`: the tokens and secrets of sites."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from leal.cli.connecting import Connected, connected
from leal.cli.noting import at_the_terminal
from leal.cli.showing import say, show_table
from leal.domain.program import Program
from leal.storage import credentials
from leal.storage.credentials import SiteCredentials
from leal.usecases.programs import Programs
from leal.usecases.sites import Credential, Rotation, rotate

app = typer.Typer(help="Look up and replace the credentials of sites.", no_args_is_help=True)

_WHAT_FOLLOWS = {
    Credential.SECRET: "the old one is refused within five seconds, and webhooks are signed with"
    " the new one from now on: enter it at the shop and at the receivers",
    Credential.SDK: "session tokens signed with the old one are refused within five seconds: enter"
    " the new one where the shop signs them; pages that are open then ask for new tokens",
}


@app.command("list")
def list_all(
    program: Annotated[
        int | None, typer.Option(help="Needed when there are several programs.", min=1)
    ] = None,
    *,
    reveal: Annotated[bool, typer.Option("--reveal", help="Print the secrets too.")] = False,
) -> None:
    """List the sites of a program with their tokens and SDK key ids."""

    async def load(to: Connected) -> tuple[Program, tuple[SiteCredentials, ...]]:
        program_id = await to.choose_program(program)
        published = await Programs(to.database).current(program_id)
        found = await credentials.list_sites(to.database, to.sealer, program_id)
        return published.program, found

    current, found = connected(load)
    show_credentials(current, found, reveal=reveal)
    if not reveal:
        say("the secrets are shown with --reveal")


@app.command("rotate")
def rotate_one(
    site_id: Annotated[int, typer.Argument(min=1)],
    what: Annotated[Credential, typer.Argument(help="The secret, or the SDK key.")],
    program: Annotated[
        int | None, typer.Option(help="Needed when there are several programs.", min=1)
    ] = None,
) -> None:
    """Give a site a new secret or SDK key and print it; the old one is refused at once."""

    async def replace(to: Connected) -> Mapping[str, str]:
        program_id = await to.choose_program(program)
        return await rotate(
            to.database,
            to.sealer,
            Rotation(program_id=program_id, site_id=site_id, what=what),
            fresh=secrets.token_hex,
            by=at_the_terminal(),
            now=datetime.now(UTC),
        )

    made = connected(replace)
    say(_WHAT_FOLLOWS[what])
    show_table(("what", "value"), tuple(made.items()), whole="value")


def show_credentials(program: Program, found: Sequence[SiteCredentials], *, reveal: bool) -> None:
    """Show one credential a line; secrets only when asked to."""
    rows = []
    for each in found:
        site = program.site(each.site_id)
        name = site.name if site else "(no longer in the program)"
        values = {"token": each.token, "SDK key id": each.sdk_key_id}
        if reveal:
            values |= {"secret": each.secret, "SDK secret": each.sdk_secret}
        rows += [(each.site_id, name, what, value) for what, value in values.items()]
    show_table(("site", "name", "what", "value"), rows, whole="value")
