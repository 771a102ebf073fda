"""Who is it: a customer as known on this site, one known on another, or somebody new."""

from leal.domain.change import Change, NewId, begin, with_new_id
from leal.domain.enrolment import new_customer
from leal.domain.scene import Scene
from leal.storage.customers import Loaded, Wanted


def whoever_is(merchant_id: str, *, email: str | None, vouched: bool = True) -> Wanted:
    """Whom to load when a shop tells of a customer who may be new to it.

    A customer known on another site is found by their address; only what the shop itself vouches
    for leads to somebody's account.
    """
    return Wanted(
        merchant_id=merchant_id,
        may_be_new=True,
        email=email,
        address=email if vouched else None,
    )


def arrived(loaded: Loaded, scene: Scene, *, merchant_id: str, email: str | None) -> Change:
    """The account as it was found, or a guest's whom nobody has seen before.

    A customer known on another site has the merchant id on this one from now on.
    """
    if loaded.account is None:
        return new_customer(scene, merchant_id=merchant_id, email=email, link=loaded.link)
    if not loaded.by_email:
        return begin(loaded.account)
    new = NewId(merchant_id=merchant_id, site_id=scene.site.id)
    return with_new_id(begin(loaded.account), new)
