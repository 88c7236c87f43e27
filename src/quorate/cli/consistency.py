"""How fresh a read must be, on the command line."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import typer

from quorate.client.results import RangeResult
from quorate.core.consistency import LINEARIZABLE, Consistency, Level, ReadYourWrites, Stale
from quorate.core.errors import ConfigError

_LEVELS = get_args(Level)

ConsistencyOption = Annotated[
    str | None,
    typer.Option(
        "--consistency",
        "-c",
        metavar="LEVEL",
        help="linearizable: holds every write acknowledged before (default). lease: the same from a leader that need not ask, if leases "
        "are on. read_your_writes: holds --min-index. stale: within --max-lag and --max-age-ms. local: whatever the server has.",
    ),
]
LocalOption = Annotated[
    bool, typer.Option("--local", help="The same as --consistency local: it works without a leader too.")
]
MaxLagOption = Annotated[
    int | None,
    typer.Option("--max-lag", min=0, metavar="ENTRIES", help="With stale: so many log entries may be missing."),
]
MaxAgeOption = Annotated[
    int | None, typer.Option("--max-age-ms", min=0, metavar="MS", help="With stale: nothing older may be missing.")
]
MinIndexOption = Annotated[
    int | None,
    typer.Option(
        "--min-index",
        min=0,
        metavar="INDEX",
        help="With read_your_writes: `index` of an earlier put or get with --json.",
    ),
]


def chosen(
    level: str | None, *, local: bool, max_lag: int | None, max_age_ms: int | None, min_index: int | None
) -> Consistency:
    """What the options ask for. Raises `ConfigError` for those that do not go together."""
    if local and level not in (None, "local"):
        raise ConfigError(f"--local and --consistency {level} say different things; leave one out")
    level = level or ("local" if local else "read_your_writes" if min_index is not None else LINEARIZABLE)
    if level not in _LEVELS:
        raise ConfigError(f"--consistency {level} is not known; give one of {', '.join(_LEVELS)}")
    if (min_index is not None) != (level == "read_your_writes"):
        raise ConfigError("--consistency read_your_writes and --min-index INDEX go together; give both or neither")
    if {max_lag is not None, max_age_ms is not None} != {level == "stale"}:
        raise ConfigError("--consistency stale goes with both --max-lag ENTRIES and --max-age-ms MS, and they with it")
    if max_lag is not None and max_age_ms is not None:
        return Stale(max_lag, max_age_ms)
    if min_index is not None:
        return ReadYourWrites(min_index)
    if level == "lease":
        return "lease"
    return "local" if level == "local" else LINEARIZABLE


def label(found: RangeResult) -> dict[str, Any]:
    """How a read was answered, for a JSON document."""
    read = found.read
    if read is None:
        return {"index": found.header.applied, "answered": LINEARIZABLE, "lag": 0, "age_ms": 0}
    return {"index": read.index, "answered": read.consistency, "lag": read.lag, "age_ms": read.age_ms}
