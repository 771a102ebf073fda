"""Activities as shops report them, and what they decide about them afterwards."""

from dataclasses import replace

from leal.domain import activities
from leal.domain.activities import Activity, Verdict
from leal.domain.change import Change, begin
from leal.domain.problems import Missing
from leal.domain.rules.completion import WhyNot
from leal.domain.scene import Scene
from leal.storage import activities as stored
from leal.storage.customers import ClaimKeys, Loaded, Wanted
from leal.storage.referrals import find_claim_given, find_sender
from leal.usecases.arrivals import arrived, whoever_is
from leal.usecases.desk import Ask, Desk, change, known, refuse_unless_sited
from leal.usecases.referrals import brought_in


async def create(
    desk: Desk, ask: Ask, customer_id: str, *, email: str, activity: Activity
) -> WhyNot | None:
    """A customer did something; says why it earned nothing, None when it did or was told before.

    An unknown customer is created as a guest. The same name and merchant id again change nothing,
    whoever they are told of.
    """
    published = await desk.programs.lately(ask.program_id)
    source = activities.source_of(published.program, activity.name, activity.merchant_id)
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
    """Approves, declines or voids what an activity earned. Raises Missing for an unknown one."""
    published = await desk.programs.lately(ask.program_id)
    source = activities.source_of(published.program, name, merchant_id)
    found = await stored.find_customer_id(desk.database, ask.program_id, source or "")
    if found is None:
        raise _missing()

    def decide(loaded: Loaded, scene: Scene) -> Change:
        row = next((row for row in known(loaded).rows if row.source == source), None)
        if row is None:
            raise _missing()
        return activities.moderate(begin(known(loaded)), scene, row, verdict=verdict)

    gave = await find_claim_given(desk.database, ask.program_id, source or "")
    held = ClaimKeys(ids=(gave,)) if gave is not None else None
    wanted = Wanted(customer_id=found, lots=True, source=source, claims=held)
    await change(desk, ask, wanted, decide=decide)


def _missing() -> Missing:
    return Missing("activity", "No activity with this name and merchant id has earned anything")
