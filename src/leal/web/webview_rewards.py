"""The rewards on a loyalty page: what can be had, the forms to have it, and what was had."""

from typing import Final

from leal.domain.money import minor_digits
from leal.web.markup import Markup, element, joined
from leal.web.nodes import Node, part, parts, text
from leal.web.webview_look import Look, amount, count
from leal.web.webview_words import Word

_PRODUCT: Final = "active_subscription_product"
_VARIABLE: Final = "cart_variable_discount_voucher"
_SHOWN_CODES: Final = 12
_STATES: Final = {
    "void": Word.TAKEN_BACK,
    "declined": Word.TAKEN_BACK,
    "expired": Word.EXPIRED,
}


def rewards(look: Look) -> Markup:
    """What is on offer: to a member with a form each, to others with its price."""
    if look.is_member:
        cards = [_card(look, each, part(each, "variant")) for each in _offered(look)]
    else:
        found = parts(look.configuration, "rewards")
        cards = [_card(look, each, _first(each)) for each in found]
    inside = (
        element("ul", {"class": "cards"}, *cards)
        if cards
        else element("p", {"class": "soft"}, look.say(Word.NO_REWARDS))
    )
    return _section("rewards", look.say(Word.REWARDS), inside)


def claims(look: Look) -> Markup:
    """What a member has had, the latest first; nothing when that is nothing."""
    found = [*parts(look.customer, "claimed_rewards")][:_SHOWN_CODES]
    if not found:
        return Markup()
    rows = element("ul", {"class": "rows"}, *(_claim(look, each) for each in found))
    return _section("codes", look.say(Word.CODES), rows)


def result(look: Look) -> Markup:
    """What came of the form that was sent just before."""
    if look.refusal is not None:
        return _notice("refused", element("p", None, look.refusal))
    claim = look.made
    if claim is None:
        return Markup()
    reward = look.scene.program.reward(claim.reward_id)
    title = reward.title.in_(look.scene.language) if reward else claim.title
    told = [element("h2", None, look.say(Word.YOURS, {"title": title}))]
    if claim.settle_by is not None:
        told.append(element("p", None, look.say(Word.MAKING)))
    elif claim.code is not None:
        told.append(element("p", {"class": "label"}, look.say(Word.CODE)))
        told.append(element("p", {"class": "code"}, claim.code))
    if claim.terms.fulfilment_explanation:
        told.append(element("p", None, claim.terms.fulfilment_explanation))
    if claim.expires_at is not None:
        until = look.say(Word.UNTIL, {"day": look.local_day(claim.expires_at)})
        told.append(element("p", {"class": "soft"}, until))
    return _notice("done", *told)


def _notice(kind: str, *inside: Markup) -> Markup:
    return element("div", {"class": f"notice {kind}", "id": "result", "role": "status"}, *inside)


def _section(name: str, title: str, *inside: Markup) -> Markup:
    heading = element("h2", {"id": f"{name}-title"}, title)
    return element("section", {"aria-labelledby": f"{name}-title"}, heading, *inside)


def _offered(look: Look) -> list[Node]:
    """What can be had now comes first, then what is nearest."""
    found = [*parts(look.customer, "available_rewards")]
    return sorted(found, key=lambda each: (not _is_redeemable(each), _missing(each)))


def _first(reward: Node) -> Node:
    """A reward as whoever is new has it."""
    return next((each for each in parts(reward, "variants") if each.get("enabled")), {})


def _card(look: Look, reward: Node, variant: Node) -> Markup:
    about = text(variant, "description")
    described = (element("p", {"class": "soft"}, about),) if about else ()
    foot = (_foot(look, reward, variant),) if look.is_member else ()
    return element(
        "li",
        {"class": "card" if _is_redeemable(reward) or not look.is_member else "card later"},
        element("h3", None, text(variant, "title")),
        element("p", {"class": "cost"}, text(variant, "cost_text")),
        *described,
        *foot,
    )


def _foot(look: Look, reward: Node, variant: Node) -> Markup:
    """The form of a reward, or why there is none."""
    kind, state = text(reward, "kind"), text(part(reward, "context", "can_redeem"), "state")
    if kind == "product_cart":
        return _aside(look.say(Word.IN_CART))
    match state:
        case "redeemable":
            return _form(look, reward, title=text(variant, "title"))
        case "insufficient_points":
            return _on_the_way(look, reward, variant)
        case "out_of_stock":
            return _aside(look.say(Word.OUT_OF_STOCK))
        case "claim_limit_reached":
            when = text(part(reward, "context", "claim_limit"), "resets_at_relative_to_now")
            return _aside(look.say(Word.AGAIN, {"when": when}) if when else look.say(Word.LIMIT))
        case _:
            return _aside(look.say(Word.SUBSCRIBERS))


def _aside(words: str) -> Markup:
    return element("p", {"class": "why"}, words)


def _on_the_way(look: Look, reward: Node, variant: Node) -> Markup:
    """How near the balance is to the price."""
    missing = _missing(reward)
    cost = count(part(variant, "cost"), "points") or max(look.balance, 0) + missing
    words = look.say(Word.MISSING, {"points": look.points(missing)})
    meter = {"value": str(max(cost - missing, 0)), "max": str(max(cost, 1)), "aria-label": words}
    return element(
        "div",
        {"class": "nearly"},
        element("progress", meter),
        element("p", {"class": "why"}, words),
    )


def _form(look: Look, reward: Node, *, title: str) -> Markup:
    """A plain form; what it asks besides the reward depends on the kind."""
    reward_id = str(count(reward, "id"))
    hidden = (
        element("input", {"type": "hidden", "name": name, "value": value})
        for name, value in (("form", look.form), ("reward_id", reward_id))
    )
    kind = text(reward, "kind")
    asked: tuple[Markup, ...] = ()
    if kind == _VARIABLE:
        asked = (_amount_field(look, reward),)
    elif kind == _PRODUCT:
        asked = _variant_field(look, reward)
    label = f"{look.say(Word.REDEEM)}: {title}"
    button = element("button", {"aria-label": label}, look.say(Word.REDEEM))
    return element("form", {"method": "post", "action": look.address}, *hidden, *asked, button)


def _amount_field(look: Look, reward: Node) -> Markup:
    least, least_text = amount(part(reward, "properties"), "minimum_discount")
    most, most_text = amount(part(reward, "properties"), "maximum_discount")
    digits = minor_digits(look.scene.site.currency)
    field_id = f"amount-{count(reward, 'id')}"
    field = {
        "type": "number",
        "id": field_id,
        "name": "amount",
        "inputmode": "decimal",
        "min": f"{least:.{digits}f}",
        "max": f"{most:.{digits}f}",
        "step": f"{10**-digits:.{digits}f}",
        "value": f"{least:.{digits}f}",
        "aria-describedby": f"{field_id}-hint",
        "required": None,
    }
    between = look.say(Word.BETWEEN, {"least": least_text, "most": most_text})
    return element(
        "div",
        {"class": "field"},
        element("label", {"for": field_id}, look.say(Word.AMOUNT)),
        element("input", field),
        element("small", {"id": f"{field_id}-hint"}, between),
    )


def _variant_field(look: Look, reward: Node) -> tuple[Markup, ...]:
    product = part(reward, "properties", "product")
    found = [each for each in parts(product, "variants") if each.get("inventory_count") != 0]
    if not found:
        return ()
    field_id = f"variant-{count(reward, 'id')}"
    options = (
        element("option", {"value": text(each, "id")}, text(each, "title") or text(each, "id"))
        for each in found
    )
    return (
        element(
            "div",
            {"class": "field"},
            element("label", {"for": field_id}, look.say(Word.CHOOSE)),
            element("select", {"id": field_id, "name": "variant"}, *options),
        ),
    )


def _claim(look: Look, claim: Node) -> Markup:
    redeemable = part(claim, "redeemable")
    code = text(redeemable, "code")
    end = text(redeemable, "code_last_characters")
    shown = code or (f"•••• {end}" if end else "")
    note, is_over = _note(look, claim, redeemable)
    coded = (element("p", {"class": "code"}, shown),) if shown and not is_over else ()
    explained = text(redeemable, "fulfilment_explanation")
    more = (element("p", {"class": "soft"}, explained),) if explained and not is_over else ()
    return element(
        "li",
        {"class": "over" if is_over else "good"},
        element(
            "div",
            None,
            element("h3", None, text(claim, "title")),
            *((element("p", {"class": "soft"}, note),) if note else ()),
            *more,
        ),
        joined(coded),
    )


def _note(look: Look, claim: Node, redeemable: Node) -> tuple[str, bool]:
    """How a claim stands, and whether it is over."""
    state, usage = text(claim, "state"), text(redeemable, "usage_status")
    if state in _STATES:
        return look.say(_STATES[state]), True
    if usage == "used":
        return look.say(Word.USED), True
    if state == "pending":
        return look.say(Word.MAKING), False
    if usage == "partially_used":
        return look.say(Word.PARTLY_USED), False
    until = look.day(redeemable, "expires_at")
    return (look.say(Word.UNTIL, {"day": until}) if until else ""), False


def _is_redeemable(reward: Node) -> bool:
    return text(part(reward, "context", "can_redeem"), "state") == "redeemable"


def _missing(reward: Node) -> int:
    return count(part(reward, "context", "can_redeem"), "additional_points_required")
