"""How the Headless API words its errors: one table from refusals to codes."""

from collections.abc import Mapping

from leal.api.http import Reply, error_response
from leal.domain.money import wire_amount
from leal.domain.problems import Missing, TooMany
from leal.domain.refusals import (
    BalanceOutOfRange,
    BalanceTooLow,
    CartFull,
    CustomerBlocked,
    CustomerNotEnrolled,
    EmailAlreadyInUse,
    FraudDetected,
    FriendEmailRequired,
    InsufficientPoints,
    InvalidDate,
    InvalidDiscount,
    InvalidFriend,
    InvalidVariant,
    NoActiveSubscription,
    NoSubscriptions,
    NothingToFulfil,
    NoVouchersLeft,
    ReferralCapReached,
    ReferralsOff,
    Refusal,
    RewardAlreadyRefunded,
    RewardAlreadyUsed,
    RewardExpired,
    RewardKindMismatch,
    RewardLimitReached,
    RewardNotEnabled,
    RewardOutOfStock,
    RuleKindMismatch,
    RuleLimitReached,
    RuleNotEnabled,
    RuleRequirementsNotMet,
    SubscriptionFailed,
    UnknownReferral,
    UnsupportedPlatform,
    VoucherNotAllocated,
    VoucherNotMade,
    VoucherNotUsable,
)

REFUSALS: dict[type[Refusal], tuple[str, str]] = {
    CustomerBlocked: (
        "customer_blocked",
        "This customer is blocked from the program",
    ),
    CustomerNotEnrolled: (
        "customer_not_enrolled",
        "This customer is not a member of the program",
    ),
    EmailAlreadyInUse: (
        "email_already_in_use",
        "Another customer has this e-mail address",
    ),
    InvalidDate: (
        "invalid_date",
        "This date does not exist or lies in the future",
    ),
    SubscriptionFailed: (
        "subscription_failed",
        "The customer could not be subscribed",
    ),
    UnsupportedPlatform: (
        "unsupported_platform",
        "This site has no provider of marketing consent",
    ),
    InsufficientPoints: (
        "insufficient_points",
        "This customer has too few points for the reward",
    ),
    RewardNotEnabled: (
        "reward_not_enabled_for_customer",
        "This reward is not on offer to this customer here",
    ),
    RewardOutOfStock: (
        "reward_out_of_stock",
        "Nothing is left of this reward",
    ),
    RewardKindMismatch: (
        "reward_kind_mismatch",
        "This reward is of another kind: use the path of its own kind",
    ),
    RewardLimitReached: (
        "reward_limit_reached",
        "This customer has claimed the reward as often as they may for now",
    ),
    InvalidVariant: (
        "invalid_variant_id",
        "The product has no such variant: choose one of the reward's variants",
    ),
    CartFull: (
        "max_cart_redemptions_reached",
        "The cart holds as many free products of this reward as it may",
    ),
    NoSubscriptions: (
        "no_subscription_integration_configured",
        "This site has nobody who runs subscriptions",
    ),
    NoActiveSubscription: (
        "no_active_subscriptions",
        "This customer has no subscription running",
    ),
    InvalidDiscount: (
        "invalid_discount_amount",
        "The reward does not give a discount of this size: stay between minimum and maximum",
    ),
    VoucherNotMade: (
        "voucher_allocation_failed",
        "The shop could not make the voucher, and no points were spent: try again later",
    ),
    RuleNotEnabled: (
        "rule_not_enabled_for_customer",
        "This rule is not on for this customer here",
    ),
    RuleKindMismatch: (
        "rule_kind_mismatch",
        "This rule is of another kind: use the path of its own kind",
    ),
    RuleLimitReached: (
        "rule_limit_reached",
        "This customer has completed the rule as often as they may for now",
    ),
    RuleRequirementsNotMet: (
        "rule_requirements_not_met",
        "This rule cannot be completed today: try again on a day that it is open on",
    ),
    ReferralsOff: (
        "referrals_not_enabled",
        "The program has nothing for friends at the moment",
    ),
    UnknownReferral: (
        "invalid_referral_id",
        "Nobody has this referral id: follow the link that was sent once more",
    ),
    FriendEmailRequired: (
        "referee_email_required",
        "Tell your e-mail address to get what you were promised",
    ),
    InvalidFriend: (
        "invalid_referee",
        "This is for friends who are new here",
    ),
    ReferralCapReached: (
        "referral_cap_reached",
        "Whoever sent this link has sent as many friends as the program rewards for now",
    ),
    FraudDetected: (
        "fraud_detected",
        "A friend cannot be in the same place as whoever sent the link",
    ),
    NoVouchersLeft: (
        "no_vouchers_available",
        "There is no code left for friends: try again later",
    ),
    VoucherNotAllocated: (
        "voucher_allocation_failed",
        "The shop could not make the code: try again later",
    ),
    RewardAlreadyRefunded: (
        "reward_already_refunded",
        "This claimed reward was given back already",
    ),
    RewardAlreadyUsed: (
        "reward_already_used",
        "This claimed reward was used and cannot be given back",
    ),
    RewardExpired: (
        "reward_expired",
        "This claimed reward has expired and cannot be given back",
    ),
    VoucherNotUsable: (
        "voucher_not_usable",
        "This voucher is not good any more, or not yet",
    ),
    BalanceTooLow: (
        "balance_too_low",
        "The gift card holds less than this",
    ),
    NothingToFulfil: (
        "nothing_to_fulfil",
        "Nobody has to bring the customer anything for this claimed reward",
    ),
    BalanceOutOfRange: (
        "balance_out_of_range",
        "The balance would become too large to count",
    ),
}


class HeadlessDialect:
    """The 404, 422 and 429 of this API; the rest is worded as everywhere."""

    def render(self, problem: Exception) -> Reply | None:
        """The answer to a problem, or None to leave it to the common wording."""
        match problem:
            case Refusal():
                return _refused(problem)
            case Missing():
                return error_response(404, problem.message, code="not_found")
            case TooMany():
                return error_response(
                    429,
                    problem.message,
                    code="rate_limited",
                    headers=[("Retry-After", str(problem.retry_after_seconds))],
                )
            case _:
                return None


def _refused(refusal: Refusal) -> Reply:
    code, message = REFUSALS[type(refusal)]
    if isinstance(refusal, VoucherNotAllocated):
        message = f"{message}. {refusal.reason}"
    return error_response(422, message, code=code, facts=_facts(refusal))


def _facts(refusal: Refusal) -> Mapping[str, object]:
    """What an error tells beside its code, so that a shop can act on it."""
    match refusal:
        case CartFull(limit=limit):
            return {"limit": limit}
        case InvalidDiscount(least_minor=least, most_minor=most, currency=currency):
            return {
                "minimum": wire_amount(least, currency),
                "maximum": wire_amount(most, currency),
            }
        case _:
            return {}
