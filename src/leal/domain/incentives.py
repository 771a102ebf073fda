"""What a friend is promised for coming, in the terms that vouchers have."""

from decimal import Decimal

from leal.domain.claims import Terms
from leal.domain.money import to_minor
from leal.domain.referral_settings import DiscountIncentive, Incentive
from leal.domain.rewards.goods import FixedDiscount


def terms_of(incentive: Incentive, currency: str) -> Terms:
    """The terms of a friend's voucher, with amounts in minor units of `currency`."""
    least = _minor(incentive.minimum_spend, currency)
    if not isinstance(incentive, DiscountIncentive):
        return Terms(currency=currency, minimum_spend_minor=least)
    discount = incentive.discount
    if isinstance(discount, FixedDiscount):
        amount = to_minor(discount.amount, currency)
        return Terms(currency=currency, minimum_spend_minor=least, discount_minor=amount)
    percentage = discount.percentage
    return Terms(currency=currency, minimum_spend_minor=least, discount_percentage=percentage)


def cap_of(incentive: Incentive, currency: str) -> int | None:
    """What a percentage takes off at most, in minor units; None for no bound."""
    most = incentive.maximum_discount if isinstance(incentive, DiscountIncentive) else None
    return _minor(most, currency)


def _minor(amount: Decimal | None, currency: str) -> int | None:
    return None if amount is None else to_minor(amount, currency)
