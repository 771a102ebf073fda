"""The loyalty page: balance and tier on top, then all that a shopper can do and has done.

It needs no script and nothing from elsewhere, and what it shows is decided below it.
"""

from typing import Final
from urllib.parse import quote

from leal.web.markup import Markup, element, joined
from leal.web.nodes import Node, part, parts, text
from leal.web.webview_look import Look, amount, count
from leal.web.webview_rewards import claims, result, rewards
from leal.web.webview_words import Word, say

_SHOWN_ROWS: Final = 8
_HISTORY_NOTES: Final = {
    "pending": Word.WAITS,
    "declined": Word.DECLINED,
    "void": Word.TAKEN_BACK,
    "expired": Word.EXPIRED,
}


def webview_page(look: Look, *, style: str) -> str:
    """The whole page; `style` is the address of its style sheet."""
    name = look.scene.program.name
    main = (
        result(look),
        _hero(look),
        element(
            "div",
            {"class": "columns"},
            element("div", None, rewards(look), claims(look), _earn(look)),
            element("div", None, _tiers(look), _refer(look), _history(look)),
        ),
    )
    skip = element("a", {"class": "skip", "href": "#main"}, look.say(Word.SKIP))
    body = (_header(look), element("main", {"id": "main", "tabindex": "-1"}, *main))
    return _document(name, joined((skip, *body)), language=look.scene.language, style=style)


def ended_page(language: str, *, style: str) -> str:
    """What is shown when a page has ended, or never was."""
    title = say(Word.ENDED, language)
    words = element("p", None, say(Word.OPEN_AGAIN, language))
    main = element("main", {"class": "ended"}, element("h1", None, title), words)
    return _document(title, main, language=language, style=style)


def _document(title: str, body: Markup, *, language: str, style: str) -> str:
    head = element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("title", None, title),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("meta", {"name": "robots", "content": "noindex, nofollow"}),
        element("link", {"rel": "icon", "href": "data:,"}),
        element("link", {"rel": "stylesheet", "href": style}),
    )
    return "<!doctype html>" + element(
        "html", {"lang": language}, head, element("body", None, body)
    )


def _header(look: Look) -> Markup:
    site = look.scene.site
    return element(
        "header",
        None,
        element("span", {"class": "program"}, look.scene.program.name),
        element("a", {"href": site.url, "rel": "noreferrer"}, look.say(Word.TO_SHOP)),
    )


def _hero(look: Look) -> Markup:
    first = text(look.customer, "first_name")
    greeting = look.say(Word.HELLO, {"name": first}) if first else look.scene.program.name
    inside: list[Markup] = [element("h1", None, greeting)]
    if not look.is_member:
        word = Word.PAUSED if look.state == "blocked" else Word.PUBLIC
        inside.append(element("p", {"class": "lead"}, look.say(word)))
        return element("section", {"class": "hero"}, *inside)
    pending = count(look.customer, "points_pending")
    inside.append(element("p", {"class": "label"}, look.say(Word.BALANCE)))
    inside.append(element("p", {"class": "balance"}, look.points(look.balance)))
    if pending:
        words = look.say(Word.PENDING, {"points": look.points(pending)})
        inside.append(element("p", {"class": "soft"}, words))
    inside.append(_standing(look))
    return element("section", {"class": "hero"}, *inside)


def _standing(look: Look) -> Markup:
    """The tier, and how far it is to the next, or to keep this one."""
    membership = part(look.customer, "tier_membership")
    name = look.tier(membership.get("tier_id"))
    if not name:
        return Markup()
    progress = part(membership, "progress")
    mode = text(progress, "kind")
    upgrade = look.tier(progress.get("upgrade_tier_id"))
    end = look.day(membership, "expires_at")
    head = [element("strong", {"class": "tier"}, name)]
    if end:
        head.append(element("span", {"class": "soft"}, look.say(Word.UNTIL, {"day": end})))
    inside = [element("p", {"class": "standing"}, *head)]
    goal = Word.TO_NEXT if upgrade else Word.TO_KEEP
    need = f"{mode}_needed_for_{'upgrade' if upgrade else 'renewal'}"
    missing, written = amount(progress, need)
    if missing > 0:
        reached, _ = amount(part(progress, f"tier_{mode}"), "now")
        shown = written or _counted(look, mode, int(missing))
        words = look.say(goal, {"amount": shown, "tier": upgrade or name})
        meter = {
            "value": f"{max(reached, 0):g}",
            "max": f"{max(reached, 0) + missing:g}",
            "aria-label": words,
        }
        inside += [element("progress", meter), element("p", {"class": "soft"}, words)]
    return element("div", {"class": "meter"}, *inside)


def _counted(look: Look, mode: str, number: int) -> str:
    if mode != "orders":
        return look.points(number)
    return look.say(Word.ORDER if number == 1 else Word.ORDERS, {"count": str(number)})


def _earn(look: Look) -> Markup:
    if look.is_member:
        found = [(each, part(each, "variant")) for each in parts(look.customer, "available_rules")]
    else:
        rules = parts(look.configuration, "rules")
        found = [
            (each, next((v for v in parts(each, "variants") if v.get("enabled")), {}))
            for each in rules
        ]
    if not found:
        return Markup()
    rows = element("ul", {"class": "rows"}, *(_rule(look, *each) for each in found))
    return _section("earn", look.say(Word.EARN), rows)


def _rule(look: Look, rule: Node, variant: Node) -> Markup:
    limit = part(rule, "context", "completion_limit")
    state = text(limit, "state")
    notes = [text(variant, "description")]
    if state == "limit_reached_until_reset":
        notes.append(look.say(Word.AGAIN, {"when": text(limit, "resets_at_relative_to_now")}))
    is_done = state == "limit_reached_forever"
    earns = look.say(Word.EARNED) if is_done else text(variant, "result_short_text")
    return element(
        "li",
        {"class": "over" if state.startswith("limit_reached") else "good"},
        element(
            "div",
            None,
            element("h3", None, text(variant, "title")),
            *(element("p", {"class": "soft"}, each) for each in notes if each),
        ),
        element("span", {"class": "pill"}, earns),
    )


def _tiers(look: Look) -> Markup:
    settings = part(look.configuration, "tier_configuration")
    benefits = {count(each, "id"): each for each in parts(settings, "tier_benefits")}
    own = part(look.customer, "tier_membership").get("tier_id")
    shown = [
        each for each in parts(settings, "tiers") if not each.get("hidden") or each.get("id") == own
    ]
    if not shown:
        return Markup()
    rows = (_tier(look, each, benefits, is_own=each.get("id") == own) for each in shown)
    return _section("tiers", look.say(Word.TIERS), element("ol", {"class": "rows"}, *rows))


def _tier(look: Look, tier: Node, benefits: dict[int, Node], *, is_own: bool) -> Markup:
    ids = tier.get("benefit_ids")
    known = [benefits.get(each, {}) for each in ids] if isinstance(ids, list) else []
    labels = [text(each, "label") for each in known if is_own or not each.get("secret")]
    mark = (element("span", {"class": "pill"}, look.say(Word.YOUR_TIER)),) if is_own else ()
    return element(
        "li",
        {"class": "own" if is_own else "good"},
        element(
            "div",
            None,
            element("h3", None, text(tier, "name")),
            *(element("p", {"class": "soft"}, each) for each in labels if each),
        ),
        *mark,
    )


def _refer(look: Look) -> Markup:
    link = text(part(look.customer, "referral_urls"), "direct")
    if not link:
        return Markup()
    by_mail = text(part(look.customer, "referral_urls"), "email") or link
    promise = text(part(look.configuration, "referee_incentive"), "incentive_text")
    return _section(
        "refer",
        look.say(Word.REFER),
        element("p", None, look.say(Word.SHARE)),
        *((element("p", {"class": "soft"}, promise),) if promise else ()),
        element("p", {"class": "code link"}, link),
        element(
            "a",
            {"class": "button quiet", "href": _mail_to(by_mail)},
            look.say(Word.BY_MAIL),
        ),
    )


def _mail_to(link: str) -> str:
    return f"mailto:?body={quote(link, safe='')}"


def _history(look: Look) -> Markup:
    rows = [_row(look, each) for each in parts(look.customer, "history")]
    if not rows:
        return Markup()
    recent = element("ul", {"class": "rows history"}, *rows[:_SHOWN_ROWS])
    rest = rows[_SHOWN_ROWS:]
    older = (
        element(
            "details",
            None,
            element("summary", None, look.say(Word.OLDER)),
            element("ul", {"class": "rows history"}, *rest),
        )
        if rest
        else Markup()
    )
    return _section("history", look.say(Word.HISTORY), recent, older)


def _row(look: Look, row: Node) -> Markup:
    state = text(row, "state")
    notes = [look.day(row, "date") or ""]
    if state in _HISTORY_NOTES:
        notes.append(look.say(_HISTORY_NOTES[state]))
    points = text(row, "points_text")
    return element(
        "li",
        {"class": "over" if state in ("declined", "void") else "good"},
        element(
            "div",
            None,
            element("h3", None, text(row, "label")),
            element("p", {"class": "soft"}, " · ".join(filter(None, notes))),
        ),
        *((element("span", {"class": "points"}, points),) if points else ()),
    )


def _section(name: str, title: str, *inside: Markup) -> Markup:
    heading = element("h2", {"id": f"{name}-title"}, title)
    return element("section", {"aria-labelledby": f"{name}-title"}, heading, *inside)
