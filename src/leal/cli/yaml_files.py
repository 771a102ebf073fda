"""Reading the YAML people write, strictly: what could be a slip is refused, never guessed."""

from collections.abc import Hashable
from pathlib import Path

import yaml

from leal.cli.showing import Mistake

_LARGEST_BYTES = 1_000_000


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML without repeated keys, and without aliases (a few can unfold to gigabytes)."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call] # the stubs' gap
            raise yaml.MarkedYAMLError(None, None, "aliases (*name) are not read here", mark)
        return super().compose_node(parent, index)

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 - the loader's own signature
    ) -> dict[Hashable, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                mark = key_node.start_mark
                raise yaml.MarkedYAMLError(None, None, f"the key {key!r} is there twice", mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path) -> object:
    """Read one YAML document of at most 1 MB into plain values. Raises Mistake."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise Mistake(f"cannot read {path}: {error.strerror}") from error
    if len(raw) > _LARGEST_BYTES:
        raise Mistake(f"{path} is larger than {_LARGEST_BYTES:,} bytes: is it the right file?")
    try:
        value: object = yaml.load(raw, Loader=_StrictLoader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Mistake(f"{path}{where}: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise Mistake(f"{path} is not YAML: {error}") from error
    except RecursionError as error:
        raise Mistake(f"{path} is nested too deeply") from error
    return value


def to_yaml(value: object) -> str:
    """Write plain values as YAML, keys in their order."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
