"""The algorithms there are, by name. The only place that knows them all; a process loads only what it runs."""

from collections.abc import Callable
from difflib import get_close_matches

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.errors import ConfigError

DEFAULT = "raft"
"""The algorithm of whoever does not choose: it keeps a log, and a stable leader."""


def _bully() -> AlgorithmSpec:
    from quorate.algorithms.bully import SPEC

    return SPEC


def _raft() -> AlgorithmSpec:
    from quorate.algorithms.raft import SPEC

    return SPEC


def _ring() -> AlgorithmSpec:
    from quorate.algorithms.ring import SPEC

    return SPEC


def _zab() -> AlgorithmSpec:
    from quorate.algorithms.zab import SPEC

    return SPEC


_LOADERS: dict[str, Callable[[], AlgorithmSpec]] = {"bully": _bully, "raft": _raft, "ring": _ring, "zab": _zab}


def names() -> list[str]:
    """Names that `find` knows, in order of the alphabet."""
    return sorted(_LOADERS)


def find(name: str) -> AlgorithmSpec:
    """The algorithm of that name. Raises `ConfigError` for any other, naming those there are."""
    load = _LOADERS.get(name)
    if load is None:
        close = get_close_matches(name, _LOADERS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        raise ConfigError(f"there is no algorithm {name!r}{hint} Known: {', '.join(names())}")
    return load()
