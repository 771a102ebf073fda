"""Rows of a customer's history: one for each thing that happened, with its state of today."""

from typing import assert_never

from leal.api import wording
from leal.api.headless.views.values import Json, instant, optional_instant
from leal.api.wording import Label
from leal.domain.customers import HistoryKind, HistoryRow
from leal.domain.scene import Scene


def history_row(row: HistoryRow, scene: Scene) -> Json:
    """One row as the contract shapes its kind."""
    shape: Json = {
        "kind": row.kind,
        "label": _label(row, scene),
        "date": instant(row.happened_at),
    }
    if row.points is not None:
        shape["points"] = row.points
        shape["points_text"] = wording.points(row.points, scene.language)
    if row.state is not None:
        shape["state"] = row.state
    return {**shape, **_particulars(row, scene)}


def _particulars(row: HistoryRow, scene: Scene) -> Json:
    match row.kind:
        case HistoryKind.EARNED:
            return {
                "rule": {"id": row.rule_id, "kind": row.rule_kind},
                "points_will_approve_at": optional_instant(row.approve_at),
                "points_will_expire_at": optional_instant(row.expires_at),
            }
        case HistoryKind.REDEEMED:
            return {"reward": _reward(row), "claimed_reward_id": row.claimed_reward_id}
        case HistoryKind.RECEIVED:
            return {
                "reward": _reward(row),
                "claimed_reward_id": row.claimed_reward_id,
                "rule": _rule(row, scene),
            }
        case HistoryKind.ADDED:
            return {"points_will_expire_at": optional_instant(row.expires_at)}
        case HistoryKind.REMOVED | HistoryKind.EXPIRED:
            return {}
        case HistoryKind.ENTERED_TIER:
            return {"tier": {"id": row.tier_id, "name": _tier_name(row, scene)}}
        case _:
            assert_never(row.kind)


def _label(row: HistoryRow, scene: Scene) -> str:
    language = scene.language
    match row.kind:
        case HistoryKind.EARNED:
            rule = scene.program.rule(row.rule_id or 0)
            return rule.title.in_(language) if rule else row.title or ""
        case HistoryKind.REDEEMED | HistoryKind.RECEIVED:
            reward = scene.program.reward(row.reward_id or 0)
            return reward.title.in_(language) if reward else row.title or ""
        case HistoryKind.ADDED:
            return row.reason or wording.label(Label.POINTS_ADDED, language)
        case HistoryKind.REMOVED:
            return row.reason or wording.label(Label.POINTS_REMOVED, language)
        case HistoryKind.EXPIRED:
            return wording.label(Label.POINTS_EXPIRED, language)
        case HistoryKind.ENTERED_TIER:
            return wording.label(Label.ENTERED_TIER, language, name=_tier_name(row, scene))
        case _:
            assert_never(row.kind)


def _reward(row: HistoryRow) -> Json:
    return {"id": row.reward_id, "kind": row.reward_kind}


def _rule(row: HistoryRow, scene: Scene) -> Json | None:
    if row.rule_id is None:
        return None
    rule = scene.program.rule(row.rule_id)
    return {
        "id": row.rule_id,
        "kind": row.rule_kind,
        "title": rule.title.in_(scene.language) if rule else row.title,
    }


def _tier_name(row: HistoryRow, scene: Scene) -> str:
    tier = scene.program.tier(row.tier_id or 0)
    return tier.name.in_(scene.language) if tier else row.title or ""
