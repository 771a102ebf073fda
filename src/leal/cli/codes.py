"""`leal codes`: pools of voucher codes that the merchant made, for what says `codes: pool`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from leal.app import open_desk
from leal.cli.code_files import batches, count_codes, opened
from leal.cli.connecting import Connected, connected
from leal.cli.program import ProgramId
from leal.cli.showing import Mistake, say, show_table
from leal.domain.problems import Missing
from leal.settings import read_settings
from leal.storage.codes import INCENTIVE_POOL, Pool, list_pools
from leal.usecases import codes as usecase
from leal.usecases.codes import (
    FRIENDS,
    MAX_LOW_AT,
    ImportTally,
    Progress,
    Why,
    find_pool_id,
    unwatched,
)
from leal.usecases.desk import Desk

app = typer.Typer(help="Fill, look at and empty pools of voucher codes.", no_args_is_help=True)

_HEADERS = ("reward", "title", "imported", "handed out", "removed", "left", "low at", "state")

RewardName = Annotated[
    str, typer.Argument(metavar="REWARD", help="Its id or its title; `referral` for friends.")
]


@app.command("import")
def import_file(
    reward: RewardName,
    file: Annotated[
        str,
        typer.Argument(help="One code a line, or CSV with a column `code`; - for standard input."),
    ],
    program: ProgramId = None,
) -> None:
    """Add codes to a reward's pool; those known already are left out and reported.

    Can be run again after it was cut short.
    """
    with opened(file) as codes:
        total = count_codes(codes)

        async def add(to: Connected) -> ImportTally:
            desk = _desk(to)
            program_id = await to.choose_program(program)
            found = find_pool_id((await desk.programs.current(program_id)).program, reward)
            with _watched("codes gone over", total) as progress:
                return await usecase.import_codes(
                    desk, program_id, found, batches=batches(codes), progress=progress
                )

        _show_tally(connected(add))


@app.command()
def show(
    reward: Annotated[
        str | None, typer.Argument(metavar="[REWARD]", help="Every pool when left out.")
    ] = None,
    program: ProgramId = None,
) -> None:
    """Print how many codes were imported and handed out, and how many are left."""

    async def load(to: Connected) -> list[tuple[object, ...]]:
        desk = _desk(to)
        program_id = await to.choose_program(program)
        if reward is None:
            pools = await list_pools(to.database, program_id)
        else:
            reward_id = await _pool_of(desk, program_id, reward)
            pools = (await usecase.load_pool(desk, program_id, reward_id),)
        document = (await desk.programs.current(program_id)).program
        titles = {each.id: each.title.words[0] for each in document.rewards}
        return [_cells(pool, titles.get(pool.reward_id)) for pool in pools]

    rows = connected(load)
    show_table(_HEADERS, rows)
    if not rows:
        say("no codes were imported yet: `leal codes import REWARD FILE` does that")


@app.command()
def low(
    reward: RewardName,
    codes: Annotated[
        int,
        typer.Argument(metavar="N", help="0 for never.", min=0, max=MAX_LOW_AT, show_default=False),
    ],
    program: ProgramId = None,
) -> None:
    """Let a pool with fewer than N codes left run low, which an event tells of."""

    async def change(to: Connected) -> Pool:
        desk = _desk(to)
        program_id = await to.choose_program(program)
        reward_id = await _pool_of(desk, program_id, reward)
        return await usecase.set_low_at(desk, program_id, reward_id, low_at=codes)

    pool = connected(change)
    whose = _whose(pool.reward_id)
    say(f"the pool of {whose} runs low below {pool.low_at}; {pool.left} are left")


@app.command()
def remove(
    reward: RewardName,
    file: Annotated[str | None, typer.Argument(help="The codes, as for import.")] = None,
    program: ProgramId = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every code not handed out.")] = False,
) -> None:
    """Take codes out of a reward's pool for good; what customers have, they keep."""
    if every == (file is not None):
        raise Mistake("say which codes: give either a FILE of them or --all")

    async def take_all(to: Connected) -> int:
        desk, program_id = _desk(to), await to.choose_program(program)
        reward_id = await _pool_of(desk, program_id, reward)
        with _watched("codes removed", None) as progress:
            return await usecase.remove_all(desk, program_id, reward_id, progress=progress)

    if file is None:
        say(f"{connected(take_all)} code(s) removed")
        return
    with opened(file) as codes:
        total = count_codes(codes)

        async def take(to: Connected) -> int:
            desk, program_id = _desk(to), await to.choose_program(program)
            reward_id = await _pool_of(desk, program_id, reward)
            return await usecase.remove_codes(desk, program_id, reward_id, batches=batches(codes))

        removed = connected(take)
    say(f"{removed} of {total} code(s) removed; the others are not in this pool, or handed out")


async def _pool_of(desk: Desk, program_id: int, words: str) -> int:
    """A reward of the program, or by its id one that had a pool before it was dropped."""
    document = (await desk.programs.current(program_id)).program
    try:
        return find_pool_id(document, words)
    except Missing:
        pools = await list_pools(desk.database, program_id)
        dropped = [pool.reward_id for pool in pools if str(pool.reward_id) == words]
        if not dropped:
            raise
        return dropped[0]


def _cells(pool: Pool, title: str | None) -> tuple[object, ...]:
    state = "low" if pool.low else ""
    counters = (pool.imported, pool.handed_out, pool.removed, pool.left, pool.low_at)
    name = FRIENDS if pool.reward_id == INCENTIVE_POOL else pool.reward_id
    return (name, title, *counters, state)


def _whose(reward_id: int | None) -> str:
    return "codes for friends" if reward_id == INCENTIVE_POOL else f"reward {reward_id}"


_WHY = {
    Why.IN_REQUEST: "given more than once",
    Why.IN_POOL: "in the pool of {whose} already",
    Why.HANDED_OUT: "handed out before",
}


def _show_tally(tally: ImportTally) -> None:
    say(f"{tally.imported} code(s) imported")
    for (why, reward_id), count in tally.duplicates.items():
        examples = ", ".join(tally.examples[why, reward_id])
        more = ", …" if count > len(tally.examples[why, reward_id]) else ""
        say(f"{count} left out, {_WHY[why].format(whose=_whose(reward_id))}: {examples}{more}")


def _desk(to: Connected) -> Desk:
    return open_desk(to.database, read_settings(os.environ))


@contextmanager
def _watched(what: str, total: int | None) -> Iterator[Progress]:
    """A bar for whoever sits at a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield unwatched
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done)
