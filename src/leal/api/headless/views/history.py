"""Rows of a customer's history: one for each thing that happened, with its state of today."""

from collections.abc import Callable, Mapping

from leal.api import wording
from leal.api.headless.views.values import Json, instant, optional_instant
from leal.api.wording import Label
from leal.domain.customers import HistoryKind, HistoryRow
from leal.domain.scene import Scene


def history_row(row: HistoryRow, scene: Scene) -> Json:
    """One row as the contract shapes its kind."""
    shape = _SHAPES[row.kind](row, scene)
    shape["kind"] = row.kind
    shape["date"] = instant(row.happened_at)
    if row.points is not None:
        shape["points"] = row.points
        shape["points_text"] = wording.points(row.points, scene.language)
    if row.state is not None:
        shape["state"] = row.state
    return shape


def _earned(row: HistoryRow, scene: Scene) -> Json:
    return {
        "label": _rule_title(row, scene),
        "rule": {"id": row.rule_id, "kind": row.rule_kind},
        "points_will_approve_at": optional_instant(row.approve_at),
        "points_will_expire_at": optional_instant(row.expires_at),
    }


def _redeemed(row: HistoryRow, scene: Scene) -> Json:
    return {
        "label": _reward_title(row, scene),
        "reward": {"id": row.reward_id, "kind": row.reward_kind},
        "claimed_reward_id": row.claimed_reward_id,
    }


def _received(row: HistoryRow, scene: Scene) -> Json:
    rule: Json | None = None
    if row.rule_id is not None:
        rule = {"id": row.rule_id, "kind": row.rule_kind, "title": _rule_title(row, scene)}
    return {**_redeemed(row, scene), "rule": rule}


def _added(row: HistoryRow, scene: Scene) -> Json:
    return {
        "label": row.reason or wording.label(Label.POINTS_ADDED, scene.language),
        "points_will_expire_at": optional_instant(row.expires_at),
    }


def _removed(row: HistoryRow, scene: Scene) -> Json:
    return {"label": row.reason or wording.label(Label.POINTS_REMOVED, scene.language)}


def _expired(_row: HistoryRow, scene: Scene) -> Json:
    return {"label": wording.label(Label.POINTS_EXPIRED, scene.language)}


def _entered_tier(row: HistoryRow, scene: Scene) -> Json:
    tier = scene.program.tier(row.tier_id or 0)
    name = tier.name.in_(scene.language) if tier else row.title or ""
    return {
        "label": wording.label(Label.ENTERED_TIER, scene.language, name=name),
        "tier": {"id": row.tier_id, "name": name},
    }


_SHAPES: Mapping[HistoryKind, Callable[[HistoryRow, Scene], Json]] = {
    HistoryKind.EARNED: _earned,
    HistoryKind.REDEEMED: _redeemed,
    HistoryKind.RECEIVED: _received,
    HistoryKind.ADDED: _added,
    HistoryKind.REMOVED: _removed,
    HistoryKind.EXPIRED: _expired,
    HistoryKind.ENTERED_TIER: _entered_tier,
}


def _rule_title(row: HistoryRow, scene: Scene) -> str:
    """The rule's title of today, or the words of the time when the rule is gone."""
    rule = scene.program.rule(row.rule_id or 0)
    return rule.title.in_(scene.language) if rule else row.title or ""


def _reward_title(row: HistoryRow, scene: Scene) -> str:
    reward = scene.program.reward(row.reward_id or 0)
    return reward.title.in_(scene.language) if reward else row.title or ""
