"""Shows what was measured: a table for people, JSON for programs."""

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import msgspec
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bench.samples import Comparison, Side

_QUIET_LOAD = 0.5  # a core

Rows: TypeAlias = Mapping[str, Mapping[str, float]]
"""How many rows each kind of change writes, by what is done to which table."""


def show(
    console: Console, comparisons: Sequence[Comparison], *, rounds: int, seconds: float
) -> None:
    """Print the table."""
    table = Table(
        title="leal against the least that could do the same",
        caption=f"medians of {rounds} alternating rounds of {seconds:g} s, "
        f"{os.cpu_count()} cores shared by all",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("", no_wrap=True)
    for name in ("per s", "p50 ms", "p99 ms", "ratio", "rounds", "target"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in comparisons:
        table.add_row(f"[bold]{each.title}[/bold]")
        table.add_row(*_figures(each.leal), *_verdict(each))
        table.add_row(*_figures(each.reference), end_section=True)
    console.print(table)


def warn_if_busy(console: Console) -> None:
    """Say so when others use the machine: their work falls on one side more than on the other."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores * _QUIET_LOAD:
        console.print(
            f"[yellow]The machine is busy (load {load:.1f} on {cores} cores): "
            "these figures will be rough. Stop what else is running, and repeat.[/yellow]"
        )


def show_rows(console: Console, rows: Rows) -> None:
    """Print what an award and a redemption write."""
    for change, written in rows.items():
        listed = ", ".join(f"{count:g} {what}" for what, count in written.items())
        console.print(f"rows one {change} writes, on both sides: {listed}")


def write(
    path: Path,
    comparisons: Sequence[Comparison],
    *,
    rounds: int,
    seconds: float,
    rows: Rows,
) -> None:
    """Write everything, with the command that repeats each figure."""
    report = {
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.system(),
            "python": platform.python_version(),
            "leal": version("leal"),
        },
        "rounds": rounds,
        "seconds": seconds,
        **{f"rows_per_{change}": written for change, written in rows.items()},
        "comparisons": [
            {
                "name": each.name,
                "title": each.title,
                "ratio": each.ratio,
                "ratios": each.ratios,
                "target": each.target,
                "leal": _side(each, leal=True),
                "reference": _side(each, leal=False),
                "repeat": f"python -m bench --only {each.name} "
                f"--rounds {rounds} --seconds {seconds:g}",
            }
            for each in comparisons
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def _figures(side: Side) -> tuple[str, ...]:
    middle = side.middle
    return (
        f"  {side.name}",
        f"{middle.per_second:,.0f}",
        f"{middle.p50_ms:.2f}",
        f"{middle.p99_ms:.2f}",
    )


def _verdict(each: Comparison) -> tuple[str, str, str]:
    rounds = f"{min(each.ratios):.0%} to {max(each.ratios):.0%}"
    if each.target is None:
        return f"{each.ratio:.0%}", rounds, ""
    colour = "green" if each.ratio >= each.target else "red"
    return f"[{colour}]{each.ratio:.0%}[/{colour}]", rounds, f"≥ {each.target:.0%}"


def _side(each: Comparison, *, leal: bool) -> dict[str, object]:
    side = each.leal if leal else each.reference
    return {"name": side.name, "median": side.middle, "rounds": side.rounds}
