"""What one side did in one round, and how it is handed from process to process."""

from collections.abc import Sequence

import msgspec


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One side in one round: how much a second, and how long one took."""

    per_second: float
    p50_ms: float
    p99_ms: float


def sample_of(took_ns: Sequence[int], seconds: float) -> Sample:
    """The sample of everything that was finished within `seconds`, from how long each took."""
    ordered = sorted(took_ns)
    if not ordered:
        return Sample(per_second=0, p50_ms=0, p99_ms=0)

    def at(share: float) -> float:
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] / 1e6

    return Sample(per_second=len(ordered) / seconds, p50_ms=at(0.5), p99_ms=at(0.99))
