"""How fresh a read must be, as the parameters of a request say it, and how fresh it was, as the answer does."""

from __future__ import annotations

from typing import get_args

import msgspec
from aiohttp import web

from quorate.core.consistency import LINEARIZABLE, Consistency, Level, ReadInfo, ReadYourWrites, Stale
from quorate.core.ids import MILLISECOND
from quorate.server.problem import ProblemError, bad_request

LEVELS: tuple[str, ...] = get_args(Level)

_MOST = 2**63 - 1
_TAKES: dict[str, tuple[str, ...]] = {"read_your_writes": ("min_index",), "stale": ("max_lag", "max_age_ms")}
_KNOWN = ("consistency", "max_lag", "max_age_ms", "min_index")


class ReadLabel(msgspec.Struct, frozen=True):
    """Of an answer whose request said how fresh it must be. `consistency`: the level by which it was answered. `lag`: entries that this
    node has heard to be committed and that are missing. `age_ms`: nothing older is missing; null: unknown."""

    consistency: Level
    index: str
    lag: str
    age_ms: int | None


def label_of(info: ReadInfo) -> ReadLabel:
    """For people and programs: whole milliseconds, upwards."""
    age_ms = None if info.age_ns is None else -(-info.age_ns // MILLISECOND)
    return ReadLabel(info.answered, str(info.index), str(info.lag), age_ms)


def consistency_of(request: web.Request, *, serializable: bool = False) -> Consistency:
    """What a request asks for. `serializable`: etcd's word for `local`. Raises a 400."""
    given = dict(request.query)
    if len(given) != len(request.query):
        raise _refused("a parameter is given twice")
    for name in given:
        if name not in _KNOWN:
            raise _refused(f"the parameter {name!r:.40} is not known")
    plain = "local" if serializable else LINEARIZABLE
    level = given.pop("consistency", "read_your_writes" if "min_index" in given else plain)
    if level not in LEVELS:
        raise _refused(f"consistency is {level!r:.40}")
    takes = _TAKES.get(level, ())
    if set(given) != set(takes):
        raise _refused(f"consistency={level} takes {' and '.join(takes) or 'nothing else'}")
    if serializable and level != "local":
        raise _refused(f"serializable is true and consistency is {level}, which say different things")
    numbers = [_number(name, given[name]) for name in takes]
    match level:
        case "stale":
            return Stale(*numbers)
        case "read_your_writes":
            return ReadYourWrites(*numbers)
        case "lease" | "local":
            return level
        case _:
            return LINEARIZABLE


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= _MOST):
        raise _refused(f"{name} is {text!r:.40}")
    return int(text)


def _refused(what: str) -> ProblemError:
    hint = (
        f"give consistency={'|'.join(LEVELS)}; with stale both max_lag (entries) and max_age_ms, with read_your_writes min_index, "
        "whole numbers from 0"
    )
    return bad_request(what, hint, "bad_consistency")
