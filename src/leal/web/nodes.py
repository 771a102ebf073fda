"""Reading JSON documents of which nothing is promised: what is missing is empty."""

from collections.abc import Iterator, Mapping

Node = Mapping[str, object]


def part(node: Node, *keys: str) -> Node:
    """The object under `keys`, one inside the other."""
    for key in keys:
        inner = node.get(key)
        if not isinstance(inner, Mapping):
            return {}
        node = inner
    return node


def parts(node: Node, key: str) -> Iterator[Node]:
    """The objects in the array under `key`."""
    for each in array(node, key):
        if isinstance(each, Mapping):
            yield each


def array(node: Node, key: str) -> tuple[object, ...]:
    """The array under `key`."""
    found = node.get(key)
    return tuple(found) if isinstance(found, list | tuple) else ()


def text(node: Node, key: str) -> str:
    """The text under `key`."""
    found = node.get(key)
    return found if isinstance(found, str) else ""
