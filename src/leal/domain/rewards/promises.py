"""What a reward promises to whoever claims it today: the terms that the claim then keeps."""

from dataclasses import replace
from decimal import Decimal
from typing import assert_never

from leal.domain.claims import ClaimedCollection, ClaimedProduct, Terms
from leal.domain.money import to_minor
from leal.domain.rewards import Reward
from leal.domain.rewards.carts import (
    ActiveSubscriptionDiscountVoucherReward,
    ActiveSubscriptionProductReward,
    ProductCartReward,
)
from leal.domain.rewards.custom import CustomReward
from leal.domain.rewards.goods import (
    Collection,
    Discount,
    FixedDiscount,
    PercentageDiscount,
    Product,
)
from leal.domain.rewards.vouchers import (
    CartDiscountVoucherReward,
    CartVariableDiscountVoucherReward,
    CollectionDiscountVoucherReward,
    FreeShippingVoucherReward,
    GiftCardReward,
    ProductDiscountVoucherReward,
)


def terms_of(reward: Reward, *, currency: str, language: str) -> Terms:
    """The terms of a claim made now, with amounts in minor units of `currency`."""
    bare = Terms(currency=currency)
    match reward:
        case ProductCartReward() | ActiveSubscriptionProductReward():
            return replace(bare, product=_product(reward.product))
        case CustomReward(fulfilment_explanation=explanation):
            words = explanation.in_(language) if explanation else None
            return replace(bare, fulfilment_explanation=words)
        case ActiveSubscriptionDiscountVoucherReward(recurring_cycle_limit=cycles):
            return replace(_discounted(bare, reward.discount), recurring_cycle_limit=cycles)
        case _:
            return _voucher_terms(reward, bare)


Voucher = (
    GiftCardReward
    | CartDiscountVoucherReward
    | CartVariableDiscountVoucherReward
    | FreeShippingVoucherReward
    | ProductDiscountVoucherReward
    | CollectionDiscountVoucherReward
)


def _voucher_terms(reward: Voucher, bare: Terms) -> Terms:
    currency = bare.currency
    match reward:
        case GiftCardReward():
            balance = to_minor(reward.initial_balance, currency)
            return replace(bare, initial_balance_minor=balance)
        case CartDiscountVoucherReward():
            return replace(
                _discounted(bare, reward.discount),
                minimum_spend_minor=_minor(reward.minimum_spend, currency),
                applies_to_order_type=reward.applies_to_order_type,
                recurring_cycle_limit=reward.recurring_cycle_limit,
                supports_active_subscriptions=reward.supports_active_subscriptions,
            )
        case CartVariableDiscountVoucherReward():
            return replace(
                bare,
                applies_to_order_type=reward.applies_to_order_type,
                minimum_spend_minor=_minor(reward.minimum_spend_before_discount, currency),
                minimum_spend_after_minor=_minor(reward.minimum_spend_after_discount, currency),
            )
        case FreeShippingVoucherReward():
            return replace(bare, max_shipping_minor=_minor(reward.max_shipping, currency))
        case ProductDiscountVoucherReward():
            return replace(_discounted(bare, reward.discount), product=_product(reward.product))
        case CollectionDiscountVoucherReward():
            return replace(
                _discounted(bare, reward.discount),
                minimum_spend_minor=_minor(reward.minimum_spend, currency),
                collection=_collection(reward.collection),
            )
        case _:
            assert_never(reward)


def _discounted(terms: Terms, discount: Discount) -> Terms:
    match discount:
        case FixedDiscount(amount=amount):
            return replace(terms, discount_minor=to_minor(amount, terms.currency))
        case PercentageDiscount(percentage=percentage):
            return replace(terms, discount_percentage=percentage)
        case _:
            assert_never(discount)


def _minor(amount: Decimal | None, currency: str) -> int | None:
    return None if amount is None else to_minor(amount, currency)


def _product(product: Product) -> ClaimedProduct:
    return ClaimedProduct(
        id=product.id,
        handle=product.handle,
        title=product.title,
        url=product.url,
        image_url=product.image_url,
        variant_id=product.variant_id,
    )


def _collection(collection: Collection) -> ClaimedCollection:
    return ClaimedCollection(id=collection.id, title=collection.title, url=collection.url)
