"""Completing a rule because somebody says that the customer did it."""

from leal.domain.change import Change, begin
from leal.domain.customers import Account
from leal.domain.problems import Missing
from leal.domain.refusals import (
    CustomerBlocked,
    CustomerNotEnrolled,
    Refusal,
    RuleKindMismatch,
    RuleLimitReached,
    RuleNotEnabled,
    RuleRequirementsNotMet,
)
from leal.domain.rules.completion import WhyNot, complete, why_not
from leal.domain.rules.terms import RuleKind
from leal.domain.scene import Scene


def complete_when_asked(account: Account, scene: Scene, rule_id: int, *, kind: RuleKind) -> Change:
    """Completes a rule of this kind now.

    Raises Missing for a rule that is not the program's, else the first refusal in the order:
    blocked, not a member, kind, not enabled, limit, requirements.
    """
    rule = scene.program.rule(rule_id)
    if rule is None:
        raise Missing("rule", "No rule with this id")
    if account.customer.blocked:
        raise CustomerBlocked
    if account.customer.enrolled_at is None:
        raise CustomerNotEnrolled
    if rule.KIND is not kind:
        raise RuleKindMismatch
    no = why_not(rule, account, scene)
    if no is not None:
        raise _refusal(no)
    return complete(begin(account), scene, rule, source=None)


def _refusal(no: WhyNot) -> Refusal:
    if no is WhyNot.LIMIT_REACHED:
        return RuleLimitReached()
    if no in (WhyNot.DISABLED, WhyNot.NOT_ON_SITE):
        return RuleNotEnabled()
    return RuleRequirementsNotMet()
