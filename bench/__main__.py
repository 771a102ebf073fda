"""`make bench`: leal's speed as ratios, measured side by side in one run.

Machines are noisy, so no figure stands alone: leal and its reference take turns on the same
database, and what counts is the ratio of their medians.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import report
from bench.contests import CONTESTS, hold, ready, rows_per_award, rows_per_redemption
from bench.samples import BenchFailed, Comparison
from bench.world import CUSTOMERS, World, new_world

_BUILD = Path(__file__).resolve().parents[1] / "build"
_LONGEST_WARM_UP_SECONDS = 0.5
_ONLY_HELP = f"Only the rows that begin like this, of {', '.join(CONTESTS)}."


def main(
    *,
    seconds: Annotated[float, typer.Option(help="How long a side's turn is.", min=0.1)] = 3,
    rounds: Annotated[int, typer.Option(help="How many turns each side has.", min=1)] = 5,
    only: Annotated[str, typer.Option(help=_ONLY_HELP)] = "",
    json: Annotated[Path, typer.Option(help="Where to write the figures.")] = _BUILD / "bench.json",
    customers: Annotated[int, typer.Option(help="How many customers to make.", min=8)] = CUSTOMERS,
) -> None:
    """Measure leal against the least that could do the same."""
    names = [name for name in CONTESTS if name.startswith(only) or only.startswith(name)]
    if not names:
        raise typer.BadParameter(f"no row begins with {only!r}", param_hint="--only")
    console = Console()
    report.warn_if_busy(console)
    try:
        with _progress(console) as progress:
            making = progress.add_task(f"making {customers} customers", total=1)
            with new_world(_BUILD, customers=customers) as world:
                progress.advance(making)
                rows = _rows(world, names)
                found = _measured(world, names, progress, rounds=rounds, seconds=seconds)
    except BenchFailed as problem:
        console.print(f"[red]{problem}[/red]", highlight=False)
        raise typer.Exit(1) from problem
    report.show(console, found, rounds=rounds, seconds=seconds)
    report.show_rows(console, rows)
    report.write(json, found, rounds=rounds, seconds=seconds, rows=rows)
    console.print(f"written to {json}", soft_wrap=True)


def _rows(world: World, names: Sequence[str]) -> report.Rows:
    """Counted before the servers run: their sessions tell late of what they wrote."""
    rows = {}
    if "award" in names:
        rows["award"] = rows_per_award(world)
    if any(name.startswith("redeem") for name in names):
        rows["redemption"] = rows_per_redemption(world)
    return rows


def _measured(
    world: World, names: Sequence[str], progress: Progress, *, rounds: int, seconds: float
) -> list[Comparison]:
    found: list[Comparison] = []
    warm_seconds = min(_LONGEST_WARM_UP_SECONDS, seconds / 2)
    with ready(world, names, warm_seconds=warm_seconds) as contests:
        turns = sum(1 + len(contest.leal) for contest in contests) * rounds
        measuring = progress.add_task("measuring", total=turns)

        def done(_side: str) -> None:
            progress.advance(measuring)

        for contest in contests:
            progress.update(measuring, description=f"measuring {contest.leal[0].title}")
            found += hold(contest, rounds=rounds, seconds=seconds, done=done)
    return found


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


if __name__ == "__main__":
    typer.run(main)
