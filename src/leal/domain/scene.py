"""Where and when something happens: the program as published, the site, and the moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from leal.domain.program import Program
from leal.domain.published import PublishedProgram
from leal.domain.sites import Channel, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What there is to give away: what changes by itself, unlike the program.

    `given` counts the items of a reward's variant, by (reward id, variant id), that were given
    away; `pools` are the rewards whose pool still holds a code.
    """

    given: Mapping[tuple[int, str], int] = field(default_factory=dict)
    pools: frozenset[int] = frozenset()


EMPTY_SHELF = Shelf()
"""Nothing is counted and no pool holds a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that a decision knows besides the customer.

    `now` is aware UTC; `entropy` is fresh randomness from which the decision derives any code it
    needs; `language` is one of the site's, `country` an ISO 3166-1 alpha-2 code or None.
    """

    published: PublishedProgram
    site: Site
    channel: Channel
    language: str
    country: str | None
    now: datetime
    entropy: bytes
    shelf: Shelf = EMPTY_SHELF

    @property
    def program(self) -> Program:
        """The program's document."""
        return self.published.program
