"""Whose the shops' ids are, in programs with several shops."""

from leal.domain.problems import BadRequest, Problem
from leal.domain.scene import Scene
from leal.storage.customer_ids import IdKey, find_owners
from leal.usecases.desk import Ask, Desk
from leal.usecases.strangers import no_such_site, none_or_several, unknown_customer


async def whose(desk: Desk, ask: Ask, merchant_id: str) -> int:
    """Whose a shop's id is, by leal's id. Raises Missing, and BadRequest where several have it."""
    key = await id_key(desk, ask, merchant_id)
    found = await find_owners(desk.database, ask.program_id, merchant_id)
    here = None if key.site_id is None else found.get(key.site_id)
    if here is not None:
        return here
    owners = set(found.values())
    strictly = key.site_id is not None and ask.ids is not None and ask.ids.strictly
    if len(owners) != 1 or strictly:
        raise unknown_customer() if strictly else none_or_several(found)
    return owners.pop()


async def id_key(desk: Desk, ask: Ask, merchant_id: str) -> IdKey:
    """The shop's id with the site whose ids are meant, where there are several. Raises Missing."""
    program = (await desk.programs.lately(ask.program_id)).program
    site_id = None if ask.ids is None else ask.ids.site_id
    if site_id is not None and program.site(site_id) is None:
        raise no_such_site()
    return IdKey(merchant_id=merchant_id, site_id=site_id if len(program.sites) > 1 else None)


async def not_one(desk: Desk, ask: Ask, merchant_id: str) -> Problem:
    """Why a shop's id leads to nobody: no customer has it, or several on different sites."""
    return none_or_several(await find_owners(desk.database, ask.program_id, merchant_id))


def refuse_unless_sited(scene: Scene, ask: Ask) -> None:
    """Where there are several sites, whoever tells of something new says where it happened.

    Raises BadRequest.
    """
    sites = scene.program.sites
    if ask.site_id is None and len(sites) > 1:
        known_ones = ", ".join(str(site.id) for site in sites)
        raise BadRequest({"site_id": f"Required in a program of several sites: {known_ones}"})
