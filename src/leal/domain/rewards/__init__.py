"""The registry of reward kinds: the union of their classes, and the class of each kind."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias, get_args

from leal.domain.rewards.carts import (
    ActiveSubscriptionDiscountVoucherReward,
    ActiveSubscriptionProductReward,
    ProductCartReward,
)
from leal.domain.rewards.custom import CustomReward
from leal.domain.rewards.terms import RewardKind, RewardTerms
from leal.domain.rewards.vouchers import (
    CartDiscountVoucherReward,
    CartVariableDiscountVoucherReward,
    CollectionDiscountVoucherReward,
    FreeShippingVoucherReward,
    GiftCardReward,
    ProductDiscountVoucherReward,
)

Reward: TypeAlias = (
    GiftCardReward
    | CartDiscountVoucherReward
    | CartVariableDiscountVoucherReward
    | FreeShippingVoucherReward
    | ProductDiscountVoucherReward
    | CollectionDiscountVoucherReward
    | ProductCartReward
    | ActiveSubscriptionDiscountVoucherReward
    | ActiveSubscriptionProductReward
    | CustomReward
)

REWARD_KINDS: Mapping[RewardKind, type[RewardTerms]] = MappingProxyType(
    {reward.KIND: reward for reward in get_args(Reward)},
)
