"""What the sides of a comparison did, round by round, and what that comes to."""

from collections.abc import Sequence
from statistics import median

import msgspec


class BenchFailed(Exception):  # noqa: N818 - said of the run
    """Nothing can be measured, or not fairly; the message says why."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One side in one round: how much a second, and how long one took."""

    per_second: float
    p50_ms: float
    p99_ms: float


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side in all rounds."""

    name: str
    rounds: tuple[Sample, ...]

    @property
    def middle(self) -> Sample:
        """The median of each figure over the rounds."""
        return Sample(
            per_second=median(each.per_second for each in self.rounds),
            p50_ms=median(each.p50_ms for each in self.rounds),
            p99_ms=median(each.p99_ms for each in self.rounds),
        )


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A side of leal's with its reference; `target` is the least ratio wanted, if there is one."""

    name: str
    title: str
    leal: Side
    reference: Side
    target: float | None

    @property
    def ratio(self) -> float:
        """Leal's median of so many a second, as a share of the reference's."""
        return self.leal.middle.per_second / self.reference.middle.per_second

    @property
    def ratios(self) -> tuple[float, ...]:
        """The same in each round."""
        pairs = zip(self.leal.rounds, self.reference.rounds, strict=True)
        return tuple(mine.per_second / other.per_second for mine, other in pairs)


def sample_of(took_ns: Sequence[int], seconds: float) -> Sample:
    """The sample of everything that was finished within `seconds`, from how long each took.

    Raises BenchFailed when that is nothing.
    """
    ordered = sorted(took_ns)
    if not ordered:
        raise BenchFailed("nothing was finished within a turn: give turns more --seconds")

    def at(share: float) -> float:
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] / 1e6

    return Sample(per_second=len(ordered) / seconds, p50_ms=at(0.5), p99_ms=at(0.99))
