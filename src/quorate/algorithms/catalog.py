"""The algorithms there are, by name. The only place that knows them all."""

from difflib import get_close_matches

from quorate.algorithms.bully import SPEC as BULLY
from quorate.algorithms.raft import SPEC as RAFT
from quorate.algorithms.ring import SPEC as RING
from quorate.algorithms.zab import SPEC as ZAB
from quorate.core.algorithm import AlgorithmSpec
from quorate.core.errors import ConfigError

_ALGORITHMS: dict[str, AlgorithmSpec] = {spec.name: spec for spec in (RAFT, ZAB, BULLY, RING)}

DEFAULT = RAFT.name
"""The algorithm of whoever does not choose: it keeps a log, and a stable leader."""


def names() -> list[str]:
    """Names that `find` knows, in order of the alphabet."""
    return sorted(_ALGORITHMS)


def find(name: str) -> AlgorithmSpec:
    """The algorithm of that name. Raises `ConfigError` for any other, naming those there are."""
    spec = _ALGORITHMS.get(name)
    if spec is None:
        close = get_close_matches(name, _ALGORITHMS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        raise ConfigError(f"there is no algorithm {name!r}{hint} Known: {', '.join(names())}")
    return spec
