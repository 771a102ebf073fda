"""Rules that customers complete because somebody says so: what cannot be seen is taken on trust."""

from leal.domain.change import Change
from leal.domain.rules.asking import complete_when_asked
from leal.domain.rules.terms import RuleKind
from leal.domain.scene import Scene
from leal.storage.customers import Loaded, Wanted
from leal.usecases.desk import Ask, Desk, Outcome, change, known


async def complete_rule(
    desk: Desk, ask: Ask, merchant_id: str, *, rule_id: int, kind: RuleKind
) -> Outcome:
    """A customer completes a rule of this kind now; the change says what it earned.

    Raises Missing for an unknown customer or rule, and the refusals of `complete_when_asked`.
    """

    def decide(loaded: Loaded, scene: Scene) -> Change:
        return complete_when_asked(known(loaded), scene, rule_id, kind=kind)

    return await change(desk, ask, Wanted(merchant_id=merchant_id), decide=decide)
