"""`leal program`: check, publish and look at programs."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from leal.cli.connecting import Connected, connected
from leal.cli.noting import account, at_the_terminal
from leal.cli.showing import Mistake, say, show_table
from leal.cli.sites import show_credentials
from leal.cli.yaml_files import read_yaml, to_yaml
from leal.domain.checks import read_program
from leal.storage import programs as storage
from leal.usecases.programs import Publication, Publisher

app = typer.Typer(help="Check, publish and look at programs.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The program document, YAML.")]
ProgramId = Annotated[
    int | None, typer.Option("--program", help="Needed when there are several programs.", min=1)
]


@app.command()
def validate(file: File) -> None:
    """Check a document without publishing it; needs no database."""
    read_program(read_yaml(file))
    say(f"{file} can be published")


@app.command()
def apply(
    file: File,
    program: ProgramId = None,
    *,
    new: Annotated[
        bool, typer.Option("--new", help="Make another program instead of a new version.")
    ] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Make a new program's time one that can be moved on.")
    ] = False,
) -> None:
    """Publish a document as the program's new version, or as the first of a new program."""
    if new and program is not None:
        raise Mistake("--new makes a program of its own: leave out --program")
    value = read_yaml(file)
    read_program(value)
    publication = connected(
        lambda to: _apply(to, value, program_id=program, new=new, sandbox=sandbox)
    )
    published = publication.published
    verb = "created" if publication.created else "now at"
    say(f"program {published.id} ({published.program.name}) {verb} version {published.version}")
    for reward_id in publication.to_be_tried:
        say(
            f"a worker calls the address of reward {reward_id} within two minutes to try it:"
            " GET /leal/v1/fulfilments tells what it answered"
        )
    if publication.new_sites:
        say("the new site credentials, to be shown again with `leal site list --reveal`:")
        show_credentials(published.program, publication.new_sites, reveal=True)


@app.command()
def show(
    program: ProgramId = None,
    version: Annotated[int | None, typer.Option(help="The current one when left out.")] = None,
) -> None:
    """Print a published document as YAML."""

    async def load(to: Connected) -> str:
        program_id = await to.choose_program(program)
        if version is None:
            return (await storage.load_current(to.database, program_id))[1]
        return await storage.load_version(to.database, program_id, version)

    print(to_yaml(msgspec.json.decode(connected(load))), end="")


@app.command()
def versions(program: ProgramId = None) -> None:
    """List the published versions, newest first."""

    async def load(to: Connected) -> tuple[storage.VersionSummary, ...]:
        return await storage.list_versions(to.database, await to.choose_program(program))

    rows = [(each.version, each.created_at, each.author) for each in connected(load)]
    show_table(("version", "published at", "by"), rows)


@app.command("list")
def list_all() -> None:
    """List the programs of this installation."""
    found = connected(lambda to: storage.list_programs(to.database))
    rows = [(each.program_id, each.name, each.version, each.created_at) for each in found]
    show_table(("program", "name", "version", "created at"), rows)
    if not rows:
        say("there is no program yet: make one with `leal program apply FILE`")


async def _apply(
    to: Connected, value: object, *, program_id: int | None, new: bool, sandbox: bool
) -> Publication:
    publisher = Publisher(to.database, to.sealer, fresh=secrets.token_hex)
    now = datetime.now(UTC)
    author = f"{account()} (command line)"
    first = program_id is None and not await storage.list_programs(to.database)
    if new or first:
        return await publisher.create(
            value, author=author, now=now, sandbox=sandbox, by=at_the_terminal()
        )
    if sandbox:
        raise Mistake("only a new program can become a sandbox: add --new")
    chosen = await to.choose_program(program_id)
    return await publisher.publish(chosen, value, author=author, now=now, by=at_the_terminal())
