"""`leal site`: the tokens and secrets of sites."""

from collections.abc import Sequence
from typing import Annotated

import typer

from leal.cli.connecting import Connected, connected
from leal.cli.showing import say, show_table
from leal.domain.program import Program
from leal.storage import credentials
from leal.storage.credentials import SiteCredentials
from leal.usecases.programs import Programs

app = typer.Typer(help="Look up the credentials of sites.", no_args_is_help=True)


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
