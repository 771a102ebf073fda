"""`python -m bench.all`: every figure of docs/operate/performance.md, part by part.

Each part is bounded and ends with its figures in the file of `--json`; one that is there already is
not measured again, so whoever was interrupted goes on by the same command. `--fresh` forgets them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from bench import chart, footprint, growth, open_model, operations, report, tables
from bench.contests import CONTESTS, hold, ready
from bench.figures import PARTS, Figures, keep, kept
from bench.samples import BenchFailed, Comparison
from bench.world import CUSTOMERS, World, new_world

_ROOT: Final = Path(__file__).resolve().parents[1]
_BUILD: Final = _ROOT / "build"
_KEPT: Final = _BUILD / "bench-all.json"
_PLOT: Final = _ROOT / "docs" / "operate" / "performance.svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """How long and how often to measure, and of what size."""

    seconds: float = 2
    rounds: int = 5
    customers: int
    requests: int
    sizes: tuple[int, ...]


_FULL: Final = _How(customers=CUSTOMERS, requests=footprint.REQUESTS, sizes=growth.SIZES)
_SMALL: Final = _How(customers=32, requests=1_000, sizes=growth.SIZES[:1])


def main(
    *,
    seconds: Annotated[float, typer.Option(help="How long a turn is.", min=0.1)] = 2,
    rounds: Annotated[int, typer.Option(help="Turns of each side.", min=1)] = 5,
    only: Annotated[str, typer.Option(help=f"Only this part, of {', '.join(PARTS)}.")] = "",
    json: Annotated[Path, typer.Option(help="Where figures are kept.")] = _KEPT,
    fresh: Annotated[bool, typer.Option(help="Forget what was measured before.")] = False,
    small: Annotated[bool, typer.Option(help="Few customers and requests: a trial.")] = False,
) -> None:
    """Measure what was not measured yet, and show everything."""
    if only and only not in PARTS:
        raise typer.BadParameter(f"there is no part {only!r}", param_hint="--only")
    console = Console()
    report.warn_if_busy(console)
    if fresh:
        json.unlink(missing_ok=True)
    figures = kept(json)
    how = replace(_SMALL if small else _FULL, seconds=seconds, rounds=rounds)
    wanted = [part for part in PARTS if getattr(figures, part) is None and only in ("", part)]
    try:
        for part in wanted:
            console.print(f"[bold]{part}[/bold]")
            _measure(part, figures, how, said=lambda what: console.print(f"  {what}"))
            keep(json, figures)
    except BenchFailed as problem:
        console.print(f"[red]{problem}[/red]", highlight=False)
        raise typer.Exit(1) from problem
    page = json.with_suffix(".md")
    page.write_text(tables.page(figures), encoding="utf-8")
    plot = _PLOT if json == _KEPT and not small else json.with_suffix(".svg")
    plot.write_text(chart.draw(figures), encoding="utf-8")
    console.print(page.read_text(encoding="utf-8"), soft_wrap=True, markup=False)
    console.print(f"figures: {json}; tables: {page}; plot: {plot}", soft_wrap=True)


def _measure(part: str, figures: Figures, how: _How, *, said: "_Done") -> None:
    """Each part on a new database, as what one writes would change the next."""
    with new_world(_BUILD, customers=how.customers) as world:
        setattr(figures, part, _MEASURES[part](world, how, said))


_Done = Callable[[str], None]


def _ratios(world: World, how: _How, done: _Done) -> list[Comparison]:
    found: list[Comparison] = []
    with ready(world, CONTESTS, warm_seconds=min(0.5, how.seconds / 2)) as contests:
        for contest in contests:
            found += hold(contest, rounds=how.rounds, seconds=how.seconds, done=lambda _: None)
            done(contest.leal[0].title)
    return found


def _operations(world: World, how: _How, done: _Done) -> list[operations.Row]:
    return operations.measure(world, seconds=how.seconds, done=done)


def _open_model(world: World, how: _How, done: _Done) -> list[open_model.Level]:
    return open_model.measure(world, seconds=how.seconds * how.rounds, done=done)


def _memory(world: World, how: _How, _done: _Done) -> footprint.Memory:
    return footprint.memory(world, requests=how.requests)


def _starts(world: World, _how: _How, _done: _Done) -> list[footprint.Start]:
    return footprint.starts(world)


def _pasts(world: World, how: _How, done: _Done) -> list[growth.Step]:
    return growth.pasts(world, rounds=how.rounds, seconds=how.seconds / 2, done=done)


def _growth(world: World, how: _How, done: _Done) -> list[growth.Step]:
    return growth.customers(
        world, sizes=how.sizes, rounds=how.rounds, seconds=how.seconds, done=done
    )


_MEASURES: Final[dict[str, Callable[[World, _How, _Done], object]]] = {
    "ratios": _ratios,
    "operations": _operations,
    "open_model": _open_model,
    "memory": _memory,
    "starts": _starts,
    "pasts": _pasts,
    "growth": _growth,
}


if __name__ == "__main__":
    typer.run(main)
