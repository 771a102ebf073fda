"""Points modifiers: goods that earn more, less or nothing."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from leal.domain.constraints import Between, Length
from leal.domain.fields import OutsideId


@dataclass(frozen=True, slots=True, kw_only=True)
class Modifier:
    """Changes what purchases of certain products, or of products in collections, earn.

    Exactly one of `multiplier` (of the usual rate; 0 leaves the goods out) and `rate` (points per
    main unit of currency whatever the tier) is set. The first modifier that fits a line holds.
    """

    products: Annotated[tuple[OutsideId, ...], Length(0, 1000, "entries")] = ()
    collections: Annotated[tuple[OutsideId, ...], Length(0, 1000, "entries")] = ()
    multiplier: Annotated[Decimal, Between(0, 100)] | None = None
    rate: Annotated[Decimal, Between(0, 1_000_000)] | None = None

    def fits(self, product_id: str, collection_ids: tuple[str, ...]) -> bool:
        """Whether it is about this product."""
        return is_among(product_id, self.products) or any(
            is_among(collection, self.collections) for collection in collection_ids
        )


def is_among(goods_id: str, ids: tuple[str, ...]) -> bool:
    """Whether one of the ids is of the same product or collection, in long form or short.

    Shopify writes 7 as gid://shopify/Product/7 in one of its interfaces and as 7 in the other.
    """
    if goods_id in ids:
        return True
    short = _short(goods_id)
    return any(_short(each) == short for each in ids)


def _short(goods_id: str) -> str:
    is_long = goods_id.startswith("gid://shopify/")
    return goods_id.rpartition("/")[2] if is_long else goods_id
