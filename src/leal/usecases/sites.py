"""The sites of a program: when they came and last changed, and new credentials for old ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from leal.domain.deeds import Action, Actor, Deed, Subject
from leal.domain.problems import Missing
from leal.domain.sites import Site
from leal.storage import credentials
from leal.storage import programs as stored
from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases.audit import note
from leal.usecases.desk import Desk


class Credential(StrEnum):
    """What a site can be given anew.

    The secret, with the site's token, lets a shop's server in and signs its webhooks. The SDK key,
    an id and a secret, signs the session tokens of its shoppers.
    """

    SECRET = "secret"  # noqa: S105 - a name, no secret
    SDK = "sdk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Which site of which program is given what anew."""

    program_id: int
    site_id: int
    what: Credential


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


async def rotate(
    database: Database,
    sealer: Sealer,
    wanted: Rotation,
    *,
    fresh: Callable[[int], str],
    by: Actor,
    now: datetime,
) -> Mapping[str, str]:
    """Give a site new credentials, and return them by name.

    The old ones are refused from now on, by servers that run within five seconds. ``fresh`` gives
    so many random bytes in lower-case hex. Raises Missing for a site without credentials.
    """
    whose = wanted.program_id, wanted.site_id
    async with database.transaction() as on:
        if wanted.what is Credential.SECRET:
            made = {"secret": fresh(20)}
            found = await credentials.set_secret(on, sealer, whose, secret=made["secret"])
        else:
            made = {"SDK key id": fresh(16), "SDK secret": fresh(20)}
            key_id, secret = made.values()
            found = await credentials.set_sdk_key(on, sealer, whose, key_id=key_id, secret=secret)
        if not found:
            raise Missing("site", f"there is no site {wanted.site_id}: see `leal site list`")
        deed = Deed(
            by=by,
            action=Action.SITE_ROTATED,
            about=Subject.SITE,
            about_id=wanted.site_id,
            facts={"what": wanted.what},
        )
        await note(on, wanted.program_id, deed, now=now)
    return made
