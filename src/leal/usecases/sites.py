"""The sites of a program, with when they came and when the program last changed."""

from dataclasses import dataclass
from datetime import datetime

from leal.domain.sites import Site
from leal.storage import programs as stored
from leal.usecases.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedSite:
    """A site; `updated_at` is when the version of the program that it is in was published."""

    site: Site
    created_at: datetime
    updated_at: datetime


async def list_sites(desk: Desk, program_id: int) -> tuple[DatedSite, ...]:
    """The sites of the version in force, the newest first."""
    published = await desk.programs.current(program_id)
    dates = await stored.list_site_dates(desk.database, program_id, published.version)
    dated = [
        DatedSite(site=site, created_at=dates.sites[site.id], updated_at=dates.published_at)
        for site in published.program.sites
    ]
    return tuple(sorted(dated, key=lambda each: (each.created_at, each.site.id), reverse=True))
