"""Activities as shops report them, and what they decide about them afterwards."""

from dataclasses import replace

from leal.domain import activities
from leal.domain.activities import Activity, Verdict
from leal.domain.change import Change, begin
from leal.domain.problems import BadRequest, Missing
from leal.domain.rules.completion import WhyNot
from leal.domain.scene import Scene
from leal.storage import activities as stored
from leal.storage.customers import ClaimKeys, Loaded, Wanted
from leal.storage.referrals import find_claim_given, find_sender
from leal.usecases.arrivals import arrived, whoever_is
from leal.usecases.desk import Ask, Desk, change, known
from leal.usecases.referrals import brought_in
from leal.usecases.whose import refuse_unless_sited


async def create(
    desk: Desk, ask: Ask, customer_id: str, *, email: str, activity: Activity
) -> WhyNot | None:
    """A customer did something; says why it earned nothing, None when it did or was told before.

    An unknown customer is created as a guest. The same name and merchant id again change nothing,
    whoever they are told of.
    """
    program = (await desk.programs.lately(ask.program_id)).program
    site = program.site(ask.site_id or 0) or program.primary_site
    source = activities.source_of(program, activity.name, activity.merchant_id, site=site)
    sender = None
    if activity.referral_id is not None:
        sender = await find_sender(desk.database, ask.program_id, activity.referral_id)
    reasons: list[WhyNot | None] = []

    def decide(loaded: Loaded, scene: Scene) -> Change:
        refuse_unless_sited(scene, ask)
        address = None if loaded.email_taken else email
        started = arrived(loaded, scene, merchant_id=customer_id, email=address)
        if loaded.source_known:
            reasons.append(None)
            return started
        decided, no = activities.perform(started, scene, activity, email_taken=loaded.email_taken)
        reasons.append(no)
        return decided if sender is None else brought_in(decided, sender)

    wanted = replace(whoever_is(customer_id, email=email), source=source)
    await change(desk, ask, wanted, decide=decide)
    return reasons[-1]


async def update(desk: Desk, ask: Ask, name: str, *, merchant_id: str, verdict: Verdict) -> None:
    """Approves, declines or voids what an activity earned.

    Raises Missing for an unknown one, BadRequest where several sites have one and none is named.
    """
    source, found = await _find(desk, ask, name, merchant_id=merchant_id)

    def decide(loaded: Loaded, scene: Scene) -> Change:
        row = next((row for row in known(loaded).rows if row.source == source), None)
        if row is None:
            raise _missing()
        return activities.moderate(begin(known(loaded)), scene, row, verdict=verdict)

    gave = await find_claim_given(desk.database, ask.program_id, source)
    held = ClaimKeys(ids=(gave,)) if gave is not None else None
    wanted = Wanted(customer_id=found, lots=True, source=source, claims=held)
    await change(desk, ask, wanted, decide=decide)


async def _find(desk: Desk, ask: Ask, name: str, *, merchant_id: str) -> tuple[str, int]:
    """The outside cause that is meant, and whose it is: that of the site, or the only one."""
    program = (await desk.programs.lately(ask.program_id)).program
    sources = {
        activities.source_of(program, name, merchant_id, site=site) or "": site.id
        for site in program.sites
        if ask.site_id in (None, site.id)
    }
    found = await stored.find_customer_ids(desk.database, ask.program_id, tuple(sources))
    if not found:
        raise _missing()
    if len(found) > 1:
        where = ", ".join(str(site_id) for site_id in sorted(sources[each] for each in found))
        why = f"Required: activities on the sites {where} have this name and merchant id"
        raise BadRequest({"site_id": why})
    return next(iter(found.items()))


def _missing() -> Missing:
    return Missing("activity", "No activity with this name and merchant id has earned anything")
