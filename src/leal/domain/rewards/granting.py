"""Rewards given free of points, because a rule was completed or a tier entered."""

from dataclasses import replace

from leal.domain.change import Change, with_history
from leal.domain.claims import ClaimedReward, ClaimSource
from leal.domain.customers import HistoryKind, HistoryRow
from leal.domain.rewards import Reward
from leal.domain.rewards.issuing import issued, new_claim
from leal.domain.scene import Scene


def grant(
    change: Change,
    scene: Scene,
    reward: Reward,
    *,
    source: ClaimSource,
    source_id: int,
    cause: str | None = None,
) -> Change:
    """Gives a reward; `cause` names the outside cause, unique in the program."""
    claim = replace(new_claim(change, scene, reward, source=source), source_id=source_id)
    change, claim = issued(change, scene, reward, claim=claim)
    return with_history(change, _received(claim, scene, cause=cause))[0]


def _received(claim: ClaimedReward, scene: Scene, *, cause: str | None) -> HistoryRow:
    by_rule = claim.source is ClaimSource.RULE and claim.source_id is not None
    rule = scene.program.rule(claim.source_id or 0) if by_rule else None
    return HistoryRow(
        id=0,
        kind=HistoryKind.RECEIVED,
        state=claim.state,
        happened_at=claim.claimed_at,
        rule_id=rule.id if rule else None,
        rule_kind=rule.KIND if rule else None,
        reward_id=claim.reward_id,
        reward_kind=claim.kind,
        claimed_reward_id=claim.id,
        site_id=scene.site.id,
        title=claim.title,
        source=cause,
    )
