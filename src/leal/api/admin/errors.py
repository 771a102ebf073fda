"""How the Admin API words its errors: one table from refusals to codes.

Codes are those of the Headless API where it has them, so that a client knows one set of words.
"""

from leal.api.http import Reply, error_response
from leal.domain.problems import TooMany
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
        "This customer is blocked from the program. Unblock them first",
    ),
    CustomerNotEnrolled: (
        "customer_not_enrolled",
        "This customer is a guest. They must join the program first",
    ),
    EmailAlreadyInUse: (
        "email_already_in_use",
        "Another customer of the program has this e-mail address. Send a different one",
    ),
    InvalidDate: (
        "invalid_date",
        "This date does not exist or lies in the future. Send a day that has been",
    ),
    SubscriptionFailed: (
        "subscription_failed",
        "The customer could not be subscribed",
    ),
    UnsupportedPlatform: (
        "unsupported_platform",
        "This site has no provider of marketing consent. Set one in the program",
    ),
    BalanceOutOfRange: (
        "balance_out_of_range",
        "The balance would become too large to count. Send fewer points",
    ),
    InsufficientPoints: (
        "insufficient_points",
        "The customer has too few approved points",
    ),
    RewardNotEnabled: (
        "reward_not_enabled_for_customer",
        "This reward is not on offer to this customer. Choose one of their available rewards",
    ),
    RewardOutOfStock: (
        "reward_out_of_stock",
        "Nothing of this reward is left. Raise its stock or add codes to its pool first",
    ),
    RewardKindMismatch: (
        "reward_kind_mismatch",
        "This is a reward of another kind. Send the id of one that fits",
    ),
    RewardLimitReached: (
        "reward_limit_reached",
        "The customer claimed this reward as often as its limit allows. Choose another",
    ),
    InvalidVariant: (
        "invalid_variant_id",
        "The product of this reward has no such variant. Send a variant_id of its target_products",
    ),
    CartFull: (
        "max_cart_redemptions_reached",
        "This cart holds as many of this free product as it may. Choose another reward",
    ),
    NoSubscriptions: (
        "no_subscription_integration_configured",
        "Nobody runs subscriptions for this site. Set a subscription_provider in the program",
    ),
    NoActiveSubscription: (
        "no_active_subscriptions",
        "The customer has no subscription running. They must start one first",
    ),
    InvalidDiscount: (
        "invalid_discount_amount",
        "This is not between the reward's min_redemption_amount and max_redemption_amount",
    ),
    VoucherNotMade: (
        "voucher_allocation_failed",
        "The store of vouchers could not make this one, and no points were spent. Try again later",
    ),
    RuleNotEnabled: (
        "rule_not_enabled_for_customer",
        "This rule is not on for the customer's tier or site. Send the id of one that is",
    ),
    RuleKindMismatch: (
        "rule_kind_mismatch",
        "This is a rule of another kind. Send the id of one that fits",
    ),
    RuleLimitReached: (
        "rule_limit_reached",
        "The customer completed this rule as often as its limit allows for now",
    ),
    RuleRequirementsNotMet: (
        "rule_requirements_not_met",
        "This rule is not open today. Look at its opens_on and closes_on",
    ),
    ReferralsOff: (
        "referrals_not_enabled",
        "The program sends no friends, or has nothing for them. Set `referrals` in it",
    ),
    UnknownReferral: (
        "invalid_referral_id",
        "No customer has this referral id. Send one that stands in a referral link",
    ),
    FriendEmailRequired: (
        "referee_email_required",
        "A friend needs an e-mail address. Send referee_email",
    ),
    InvalidFriend: (
        "invalid_referee",
        "A friend must be new: no member, nobody who ordered, and not who sent the link",
    ),
    ReferralCapReached: (
        "referral_cap_reached",
        "The customer sent as many friends as the referral rule's limit rewards",
    ),
    FraudDetected: (
        "fraud_detected",
        "The friend has the IP address of whoever sent the link, which the program forbids",
    ),
    NoVouchersLeft: (
        "no_vouchers_available",
        "No code is left for friends. Add some with `leal codes import referral FILE`",
    ),
    VoucherNotAllocated: (
        "voucher_allocation_failed",
        "The store of vouchers could not make the code. Try again later",
    ),
    RewardAlreadyRefunded: (
        "reward_already_refunded",
        "This claimed reward is void. Its points went back already",
    ),
    RewardAlreadyUsed: (
        "reward_already_used",
        "This claimed reward was used. Refund the order that used it instead",
    ),
    RewardExpired: (
        "reward_expired",
        "This claimed reward expired, and its points stay spent. Add points if you want to be kind",
    ),
    VoucherNotUsable: (
        "voucher_not_usable",
        "This voucher is still being made, or not good any more. Try again in a moment",
    ),
    BalanceTooLow: (
        "balance_too_low",
        "The gift card holds less than that. Take a smaller amount",
    ),
    NothingToFulfil: (
        "nothing_to_fulfil",
        "Nobody has to bring the customer anything for this claimed reward",
    ),
}


class AdminDialect:
    """The 422 and 429 of this API; the rest is worded as everywhere."""

    def render(self, problem: Exception) -> Reply | None:
        """The answer to a problem, or None to leave it to the common wording."""
        match problem:
            case Refusal():
                return _refused(problem)
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
    match refusal:
        case SubscriptionFailed(reason=reason):
            message = f"{message}: {reason}"
        case InsufficientPoints(missing=missing):
            message = f"{message}: {missing} more are needed"
        case _:
            pass
    return error_response(422, message, code=code)
