"""Who works at the command line, for the audit log."""

import getpass

from leal.domain.deeds import Actor, ActorKind


def account() -> str:
    """The account of the machine under which the command runs."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"


def at_the_terminal() -> Actor:
    """Who runs this command."""
    name = account()
    return Actor(kind=ActorKind.COMMAND_LINE, id=name, name=name)
