"""Guesses at why two copies of a machine that were given the same commands differ, from a look at their attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quorate.sim.guard.rules import shown

_MUTABLE = (list, dict, set, bytearray)


def attributes(machine: object) -> dict[str, Any]:
    """What an object holds, by name: of its `__dict__` and its slots."""
    found = dict(getattr(machine, "__dict__", {}))
    for kind in type(machine).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(machine, name):
                found.setdefault(name, getattr(machine, name))
    return found


def differing_attributes(ours: object, theirs: object) -> str:
    """In which attributes two copies differ; empty if they hold nothing that can be compared."""
    mine, other = attributes(ours), attributes(theirs)
    if not mine and not other:
        return ""
    missing = sorted(mine.keys() ^ other.keys())
    if missing:
        return f"only one copy has the attribute {missing[0]!r}"
    for name in sorted(mine):
        if _differ(mine[name], other[name]):
            return f"the attribute {name!r} is {shown(mine[name])} in one copy, {shown(other[name])} in the other"
    for name in sorted(mine):
        if _walked(mine[name]) != _walked(other[name]):
            return f"the attribute {name!r} is equal in both copies, but was filled in another order"
    return "the attributes are equal: it is the order of a dict or set inside them, or the identity of an object (as with pickle)"


def _differ(mine: object, other: object) -> bool:
    """By value, for values that have equality; an object of another kind is equal to itself only, and says nothing."""
    if type(mine) is not type(other):
        return True
    if type(mine).__eq__ is object.__eq__:
        return False
    try:
        return bool(mine != other)
    except Exception:  # a comparison that fails proves nothing
        return False


def _walked(value: object) -> list[object]:
    """Keys or members in the order in which they come."""
    return list(value) if isinstance(value, dict | set | frozenset) else []


def shared_attributes(machine: object) -> str:
    """A mutable attribute that lives on the class, so that all copies in one process share it; empty without one."""
    name = next(_class_attributes(machine), "")
    return f"{name} lives on the class, so all copies share it: make it in __init__" if name else ""


def _class_attributes(machine: object) -> Iterator[str]:
    own = getattr(machine, "__dict__", {})
    for kind in type(machine).__mro__:
        for name, value in vars(kind).items():
            if isinstance(value, _MUTABLE) and name not in own and not name.startswith("__"):
                yield f"{kind.__name__}.{name}"
