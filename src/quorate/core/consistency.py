"""How fresh a read must be, and how fresh it was. Plain data, the same for every algorithm."""

from typing import Literal, TypeAlias

import msgspec

from quorate.core.ids import Index, Nanos

Level: TypeAlias = Literal["linearizable", "lease", "read_your_writes", "stale", "local"]
"""Names of the levels, the strongest first; docs/reads.md says what each one promises."""

LINEARIZABLE: Literal["linearizable"] = "linearizable"


class ReadYourWrites(msgspec.Struct, frozen=True):
    """Sees everything up to `index`: that of an `Applied`, or of an earlier read."""

    index: Index

    def __post_init__(self) -> None:
        if self.index < 0:
            raise ValueError(f"index = {self.index}: give the index of an earlier write or read, 0 or above")


class Stale(msgspec.Struct, frozen=True):
    """Lacks at most `max_lag` entries of those that this node has heard to be committed, and nothing that was committed more than
    `max_age_ms` ago. Both: time alone says nothing of a node that hears its leader and cannot keep up, entries alone nothing of one
    that hears nobody. The age is exact up to the delay of a message and the election timeout."""

    max_lag: int
    max_age_ms: int

    def __post_init__(self) -> None:
        if self.max_lag < 0 or self.max_age_ms < 0:
            raise ValueError(f"max_lag = {self.max_lag} and max_age_ms = {self.max_age_ms} must be 0 or above")


Consistency: TypeAlias = Literal["linearizable", "lease", "local"] | ReadYourWrites | Stale
"""What a reader asks for."""


def level_of(consistency: Consistency) -> Level:
    """Its name."""
    if isinstance(consistency, ReadYourWrites):
        return "read_your_writes"
    return "stale" if isinstance(consistency, Stale) else consistency


class ReadInfo(msgspec.Struct, frozen=True):
    """How a read was answered. `index`: everything up to it is in the state that was read.

    `answered`: by which level; `linearizable` where a lease was asked for and none was held, or bounds were given and did not hold.
    `lag`: entries that this node has heard to be committed and that are missing. `age_ns`: nothing is missing that was committed
    longer ago, exact up to the delay of a message and the election timeout; None: it has heard no leader since it started. Both
    are 0 for `linearizable` and `lease`: nothing is missing that was acknowledged before the call.
    """

    index: Index
    answered: Level
    lag: int = 0
    age_ns: Nanos | None = 0


class Standing(msgspec.Struct, frozen=True, gc=False):
    """What a node can say of its state at one moment without asking anybody. Times are the node's own.

    `lease_until`: before that nobody else can have been elected, so what is committed here is all there is; None: it cannot say that.
    `commit`: what is committed, as far as it has heard. `fresh_at`: the state in question lacks nothing that was committed then;
    None: unknown.
    """

    commit: Index = 0
    lease_until: Nanos | None = None
    fresh_at: Nanos | None = None
