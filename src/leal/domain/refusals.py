"""The reasons for which the engine says no: facts only, no text and no status.

Each dialect translates them into its own code, status and message; a house test fails when a
dialect forgets one. Those that hold facts are not frozen: on its way up, an exception is given its
traceback.
"""

from dataclasses import dataclass


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """The request is well formed and understood, and the program's rules forbid it."""


class CustomerBlocked(Refusal):
    """The customer was blocked from the program by the merchant."""


class CustomerNotEnrolled(Refusal):
    """The customer is a guest: only members may do this."""


class EmailAlreadyInUse(Refusal):
    """Another customer of the program has this e-mail address."""


@dataclass(eq=False)
class InvalidDate(Refusal):
    """The date does not exist, or lies in the future."""

    month: int
    day: int
    year: int


class UnsupportedPlatform(Refusal):
    """The site has no provider that could record marketing consent."""


@dataclass(eq=False)
class SubscriptionFailed(Refusal):
    """The consent provider could not subscribe the customer; `reason` is the provider's."""

    reason: str


@dataclass(eq=False)
class InsufficientPoints(Refusal):
    """So many approved points are missing."""

    missing: int


class RewardNotEnabled(Refusal):
    """The reward is not on offer: to this tier, here, or to anybody."""


class RewardOutOfStock(Refusal):
    """No product or code is left."""


class RewardKindMismatch(Refusal):
    """The reward is of another kind than the one asked for."""


class RewardLimitReached(Refusal):
    """The customer claimed it as often as they may for now."""


class InvalidVariant(Refusal):
    """The product of the reward has no such variant."""


@dataclass(eq=False)
class CartFull(Refusal):
    """The cart holds as many of these free products as one cart may: `limit`."""

    limit: int


class NoSubscriptions(Refusal):
    """The site has nobody who runs subscriptions."""


class NoActiveSubscription(Refusal):
    """The customer has no subscription running."""


@dataclass(eq=False)
class InvalidDiscount(Refusal):
    """The discount asked for is not within these bounds, in minor units of `currency`."""

    least_minor: int
    most_minor: int
    currency: str


class VoucherNotMade(Refusal):
    """The store where vouchers live refused to make this one; no points were spent."""


class RewardAlreadyRefunded(Refusal):
    """The claim is void: its points went back already."""


class RewardAlreadyUsed(Refusal):
    """The claim was used, wholly or in part."""


class RewardExpired(Refusal):
    """The claim expired unused; its points do not come back."""


class VoucherNotUsable(Refusal):
    """The voucher is not good any more, or not yet."""


@dataclass(eq=False)
class BalanceTooLow(Refusal):
    """The gift card holds less than what is to be taken: `balance_minor`."""

    balance_minor: int


class NothingToFulfil(Refusal):
    """Nobody has to bring the customer anything for this claim."""


class RuleNotEnabled(Refusal):
    """The rule is not on for the customer's tier, or not on this site."""


class RuleKindMismatch(Refusal):
    """The rule is of another kind than the one asked for."""


class RuleLimitReached(Refusal):
    """The customer completed it as often as they may for now."""


class RuleRequirementsNotMet(Refusal):
    """The rule is on, and what it asks for is not given, such as the days it is open on."""


class FriendEmailRequired(Refusal):
    """A friend without an address cannot be told from the next one."""


class InvalidFriend(Refusal):
    """Who was sent is the customer themselves, a member, or somebody who ordered before."""


class ReferralsOff(Refusal):
    """The program sends no friends, or has nothing for them."""


class UnknownReferral(Refusal):
    """No customer has this referral id."""


class ReferralCapReached(Refusal):
    """The customer has sent as many friends as the rule rewards."""


class FraudDetected(Refusal):
    """The friend comes from the customer's own address."""


class NoVouchersLeft(Refusal):
    """The pool of vouchers for friends is empty."""


@dataclass(eq=False)
class VoucherNotAllocated(VoucherNotMade):
    """The store made no voucher for the friend; `reason` is for the shop's developers."""

    reason: str


@dataclass(eq=False)
class BalanceOutOfRange(Refusal):
    """The change would carry a balance beyond ±(2^53-1), which JSON clients cannot hold."""

    points: int
