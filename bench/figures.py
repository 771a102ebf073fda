"""All figures of one run, as they are kept from part to part."""

from pathlib import Path
from typing import Final

import msgspec

from bench.footprint import Memory, Start
from bench.growth import Step
from bench.open_model import Level
from bench.operations import Row
from bench.samples import Comparison


class Figures(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What was measured so far; a part that was not is None."""

    ratios: list[Comparison] | None = None
    operations: list[Row] | None = None
    open_model: list[Level] | None = None
    memory: Memory | None = None
    starts: list[Start] | None = None
    pasts: list[Step] | None = None
    growth: list[Step] | None = None

    @property
    def steps(self) -> list[Step]:
        """What more data costs: longer pasts first."""
        return [*(self.pasts or []), *(self.growth or [])]


PARTS: Final = Figures.__struct_fields__


def kept(path: Path) -> Figures:
    """What an earlier run left there."""
    return msgspec.json.decode(path.read_bytes(), type=Figures) if path.exists() else Figures()


def keep(path: Path, figures: Figures) -> None:
    """For a later run to go on from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")
