"""What rules and rewards have in common: a title, a limit, and the sites they are on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from leal.domain.constraints import Between
from leal.domain.fields import Description, Id, Title
from leal.domain.sites import Places


class Interval(StrEnum):
    """A calendar interval in the zone of the site; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How often one customer may do it: `count` times an interval, or ever when that is None."""

    count: Annotated[int, Between(1, 1_000_000)]
    interval: Interval | None = None


ONCE = Limit(count=1)
ONCE_A_YEAR = Limit(count=1, interval=Interval.YEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The part shared by every rule and every reward.

    `sites` empty means all of them. `enabled: false` switches it off for every tier.
    """

    id: Id
    title: Title
    description: Description | None = None
    enabled: bool = True
    limit: Limit | None = None
    sites: tuple[Id, ...] = ()

    def on_site(self, site_id: int) -> bool:
        """Tell whether it is offered on this site."""
        return not self.sites or site_id in self.sites

    def zone(self, places: Places) -> ZoneInfo:
        """Give the zone its limit is counted in: that of its first site, or the primary's."""
        first = places.site(self.sites[0]) if self.sites else None
        return (first or places.primary_site).zone
