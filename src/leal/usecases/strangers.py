"""Why nobody is found: a site or an id that is not known, or one that several people have."""

from collections.abc import Mapping, Sequence

from leal.domain.problems import BadRequest, Missing, Problem


def no_such_site() -> Missing:
    """The site is not of this program."""
    return Missing("site", "No site with this id in the program of this key")


def unknown_customer() -> Missing:
    """Nobody has this id."""
    return Missing("customer", "No customer with this merchant id")


def several_have_it(sites: Sequence[int]) -> BadRequest:
    """Different customers have this id, each on one of these sites."""
    where = ", ".join(str(each) for each in sites)
    why = f"Required: different customers have this merchant id, on the sites {where}"
    return BadRequest({"site_id": why})


def none_or_several(owners: Mapping[int, int]) -> Problem:
    """Why an id leads to nobody, by who has it on which site."""
    return several_have_it(sorted(owners)) if len(set(owners.values())) > 1 else unknown_customer()
