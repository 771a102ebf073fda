"""`leal clock`: look at a program's time, and move on that of a sandbox."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from leal.app import open_desk
from leal.cli.connecting import Connected, connected
from leal.cli.showing import Mistake, say, show_table
from leal.settings import read_settings
from leal.usecases import clock as usecase
from leal.usecases.clock import ProgramClock
from leal.usecases.desk import Desk
from leal.usecases.due import Kind

app = typer.Typer(help="A sandbox's own time.", no_args_is_help=True)

ProgramId = Annotated[
    int | None, typer.Option("--program", help="Needed when there are several programs.", min=1)
]


@app.command()
def show(program: ProgramId = None) -> None:
    """Print what time it is in a program."""

    async def load(to: Connected) -> tuple[int, ProgramClock]:
        program_id = await to.choose_program(program)
        return program_id, await usecase.show(_desk(to), program_id)

    program_id, clock = connected(load)
    kind = "sandbox" if clock.sandbox else "production"
    show_table(
        ("program", "kind", "time", "ahead by"), [(program_id, kind, clock.now, clock.ahead)]
    )


@app.command()
def advance(
    by: Annotated[str, typer.Argument(help="How far, such as 90s, 30m, 12h, 15d or 2w.")],
    program: ProgramId = None,
) -> None:
    """Move a sandbox's time on, and work off what became due on the way."""
    distance = _distance(by)

    async def move(to: Connected) -> tuple[Mapping[Kind, int], ProgramClock]:
        program_id = await to.choose_program(program)
        desk = _desk(to)
        with _watched() as progress:
            done = await usecase.advance(desk, program_id, distance, progress=progress)
        return done, await usecase.show(desk, program_id)

    done, clock = connected(move)
    say(f"it is {clock.now:%Y-%m-%d %H:%M:%S} UTC now")
    show_table(("work", "done"), [(kind, done[kind]) for kind in Kind])


def _distance(text: str) -> timedelta:
    try:
        return usecase.read_distance(text)
    except ValueError as why:
        raise Mistake(str(why)) from why


def _desk(to: Connected) -> Desk:
    return open_desk(to.database, read_settings(os.environ))


@contextmanager
def _watched() -> Iterator[Callable[[datetime], None]]:
    """The day that has been reached, for whoever sits at a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield usecase.unwatched
        return
    with console.status("moving on") as status:
        yield lambda now: status.update(f"moving on: {now:%Y-%m-%d}")
