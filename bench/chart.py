"""The plot of docs/operate/performance.md: SVG by hand, readable on light and on dark pages."""

from collections.abc import Sequence
from typing import Final

from bench.figures import Figures
from bench.growth import Step
from bench.open_model import Level
from bench.samples import Comparison

_WIDTH: Final = 760
_LEFT: Final = 210
_BAR: Final = 16
_ROW: Final = 26
_PLOT: Final = 200
_LINES: Final = ("p50", "p90", "p99", "p99.9")
_STYLE: Final = """
text { font: 13px system-ui, sans-serif; fill: #222; } .soft { fill: #666; }
.title { font-weight: 600; font-size: 15px; } .end { text-anchor: end; }
.mid { text-anchor: middle; }
.axis { stroke: #bbb; } .bar { fill: #2f7ed8; } .want { stroke: #c0392b; stroke-width: 2; }
polyline { fill: none; stroke-width: 2; }
.l0 { stroke: #2f7ed8; } .l1 { stroke: #2a9d68; } .l2 { stroke: #d98014; } .l3 { stroke: #c0392b; }
@media (prefers-color-scheme: dark) {
text { fill: #eee; } .soft { fill: #aaa; } .axis { stroke: #555; } .bar { fill: #6aa9ee; }
.want { stroke: #ff7b6b; } .l0 { stroke: #6aa9ee; } .l1 { stroke: #5fd39d; }
.l2 { stroke: #f3b05a; } .l3 { stroke: #ff7b6b; } }
"""


def draw(figures: Figures) -> str:
    """Three panels: shares of the references, latencies at shares of capacity, cost of growth."""
    parts, top = _shares(figures.ratios or [], 30)
    more, top = _latencies(figures.open_model or [], top + 40)
    rest, top = _growth(figures.steps, top + 40)
    inside = "\n".join([*parts, *more, *rest])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top + 10}" role="img" '
        f'aria-label="Speed of leal">\n<style>{_STYLE}</style>\n{inside}\n</svg>\n'
    )


def _text(x: float, y: float, words: str, *, kind: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}">{words}</text>'


def _line(start: tuple[float, float], end: tuple[float, float], kind: str) -> str:
    return (
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
        f'class="{kind}"/>'
    )


def _shares(comparisons: Sequence[Comparison], top: int) -> tuple[list[str], int]:
    scale = _WIDTH - _LEFT - 60
    parts = [
        _text(0, top - 12, "What leal does a second, as a share of its reference", kind="title"),
        _text(_WIDTH, top - 12, "red: wanted", kind="soft end"),
    ]
    for each in comparisons:
        length = scale * min(1.0, each.ratio)
        parts += [
            _text(_LEFT - 8, top + 13, each.title, kind="end"),
            f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="{_BAR}" class="bar"/>',
            _text(_LEFT + length + 8, top + 13, f"{each.ratio:.0%}", kind="soft"),
        ]
        if each.target is not None:
            x = _LEFT + scale * each.target
            parts.append(_line((x, top - 3), (x, top + _BAR + 3), "want"))
        top += _ROW
    return parts, top


def _latencies(levels: Sequence[Level], top: int) -> tuple[list[str], int]:
    """Each percentile a line over the share of capacity."""
    if not levels:
        return [], top
    words = "GET customer, ms from when a request was due, by share of capacity"
    parts, highest = [_text(0, top - 12, words, kind="title")], max(each.ms[-1] for each in levels)
    bottom, scale = top + _PLOT, _WIDTH - _LEFT - 60

    def point(level: Level, ms: float) -> tuple[float, float]:
        return _LEFT + scale * level.share, bottom - _PLOT * ms / highest

    parts.append(_line((_LEFT, bottom), (_WIDTH - 50, bottom), "axis"))
    parts += [
        _text(_LEFT - 8, bottom - _PLOT * part + 4, f"{highest * part:.1f}", kind="soft end")
        for part in (0.0, 0.5, 1.0)
    ]
    parts += [
        _text(point(level, 0)[0], bottom + 18, f"{level.share:.0%}", kind="soft mid")
        for level in levels
    ]
    for number, name in enumerate(_LINES):
        points = " ".join("{:.1f},{:.1f}".format(*point(each, each.ms[number])) for each in levels)
        last = point(levels[-1], levels[-1].ms[number])
        parts.append(f'<polyline points="{points}" class="l{number}"/>')
        parts.append(_text(last[0] + 6, last[1] + 4, name, kind="soft"))
    return parts, bottom + 24


def _growth(steps: Sequence[Step], top: int) -> tuple[list[str], int]:
    scale = (_WIDTH - _LEFT - 60) / max([2.0, *(each.times for each in steps)])
    parts = [_text(0, top - 12, "Median as data grows, times that of the smallest", kind="title")]
    for each in steps:
        length = scale * each.times
        said = f"{each.times:.2f} ({each.p50_ms:.2f} ms)"
        parts += [
            _text(_LEFT - 8, top + 13, f"{each.what}, {each.size}", kind="end"),
            f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="{_BAR}" class="bar"/>',
            _text(_LEFT + length + 8, top + 13, said, kind="soft"),
        ]
        top += _ROW
    x = _LEFT + scale * 1.3
    parts.append(_line((x, top - _ROW * len(steps)), (x, top - 6), "want"))
    return parts, top
