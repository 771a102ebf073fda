"""What was measured as tables in Markdown: to be read in a terminal, and put into a page."""

from collections.abc import Iterator, Sequence

from bench.figures import Figures
from bench.footprint import Memory, Start
from bench.growth import Step
from bench.open_model import PERCENTILES, Level
from bench.operations import Row, share
from bench.samples import Comparison

_NUMBER = "--:"


def page(figures: Figures) -> str:
    """All tables."""
    parts = (
        _ratios(figures.ratios or []),
        _operations(figures.operations or []),
        _levels(figures.open_model or []),
        _steps(figures.steps),
        _footprint(figures.memory, figures.starts or []),
    )
    return "\n\n".join(parts) + "\n"


def _ratios(comparisons: Sequence[Comparison]) -> str:
    """Leal against its references."""
    rows = [
        (
            each.title,
            f"{each.leal.middle.per_second:,.0f}",
            f"{each.leal.middle.p50_ms:.2f} / {each.leal.middle.p99_ms:.2f}",
            f"{each.reference.middle.per_second:,.0f}",
            f"{each.reference.middle.p50_ms:.2f} / {each.reference.middle.p99_ms:.2f}",
            f"**{each.ratio:.0%}**",
            f"{min(each.ratios):.0%} to {max(each.ratios):.0%}",
            f"≥ {each.target:.0%}" if each.target else "",
        )
        for each in comparisons
    ]
    names = ("what", "leal, per s", "p50 / p99, ms", "reference, per s")
    return _table((*names, "p50 / p99, ms", "ratio", "rounds", "target"), rows)


def _operations(found: Sequence[Row]) -> str:
    """Every operation, by clients and processes."""
    rows = [
        (
            each.name,
            str(each.clients),
            str(each.processes or ""),
            f"{each.sample.per_second:,.0f}",
            f"{each.sample.p50_ms:.2f} / {each.sample.p99_ms:.2f}",
            f"{part:.0%}" if (part := share(each, list(found))) is not None else "",
        )
        for each in sorted(found, key=lambda row: (row.processes, row.name, row.clients))
    ]
    names = ("what", "clients", "processes", "per s", "p50 / p99, ms", "of the bare app's GET")
    return _table(names, rows)


def _levels(found: Sequence[Level]) -> str:
    """Latencies at shares of the capacity."""
    rows = [
        (
            f"{each.share:.0%}",
            str(each.per_second),
            *(f"{ms:.2f}" for ms in each.ms),
            f"{each.refused / (each.refused + each.answers):.0%}",
        )
        for each in found
    ]
    names = tuple(f"p{part * 100:g}, ms" for part in PERCENTILES)
    return _table(("of capacity", "per s", *names, "refused"), rows)


def _steps(found: Sequence[Step]) -> str:
    """What more data costs."""
    rows = [(each.what, each.size, f"{each.p50_ms:.2f}", f"{each.times:.2f}") for each in found]
    return _table(("what", "of", "p50, ms", "times the first"), rows)


def _footprint(memory: Memory | None, starts: Sequence[Start]) -> str:
    """Memory, and how long starting takes."""
    rows = [
        (each.what, " / ".join(f"{seconds:.2f} s" for seconds in sorted(each.seconds)))
        for each in starts
    ]
    if memory is not None:
        taken = f"{memory.after_mb:.0f} MB, at most {memory.most_mb:.0f} MB"
        rows.append((f"a web process after {memory.requests:,} requests", taken))
    return _table(("what", "measured"), rows)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def lines() -> Iterator[str]:
        yield f"| {' | '.join(names)} |"
        yield f"|---|{'|'.join([_NUMBER] * (len(names) - 1))}|"
        for row in rows:
            yield f"| {' | '.join(row)} |"

    return "\n".join(lines())
