"""Settings that Bully and ring have in common, validated together."""

from typing import Literal

import msgspec

from quorate.algorithms.electing.rank import RankRule
from quorate.core.ids import MILLISECOND, Nanos

MAX_DRIFT_PERCENT = 50
"""A clock that is further off is no clock."""

LEASE_MARGIN_NS = MILLISECOND
"""By so much a lease is shorter than it need be: more than any clock's grain."""

MOST_DOUBLINGS = 6
"""A wait that doubles stops at so many times 2."""


class ElectingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in milliseconds. Equal on all nodes, but for `priority`.

    `guard`: `majority`, nobody leads without the promises of more than half of the members; `none`, the textbook.
    `election_timeout_ms`: a leader that was not heard for so long is suspected. `heartbeat_ms`: a leader is heard so often.
    `delay_ms`, `processing_ms`, `sync_ms`: how long a message travels, a node takes over it, and a write takes, at the most. Assumed: if it
    is longer an election takes longer, or without the guard has two winners. `delay_ms` = 0: a tenth of the election timeout.
    `suspicion_ms`: a suspicion ends after so long by itself; 0: twice the election timeout.
    `clock_drift_percent`: by so much at most the clock of any node is wrong about how long something takes. The lease rests on it.
    `rank`: `id`, the highest id should lead; `fresh`, the highest `priority`, then the newest data, then the highest id; with the guard
    nobody grants whoever has older data than itself, whatever its priority.
    `preempt`: a node that ranks higher than the leader takes over. `preempt_delay_ms`: not before it has been up for so long.
    `fast_failover`: a leader whose connection broke, and that refused a new one, is suspected at once, and what was held to it is void.
    `damping_ms`: a node that lost leadership stands back for so long, twice for each further loss within `damping_window_ms`; 0: no.
    `min_tenure_ms`: a leader does not make way for a higher rank before it has led for so long.
    `freshness_gap`: with `rank` = `fresh`, who lags further behind the leader than this does not take over; 0: whoever ranks higher does.
    """

    guard: Literal["majority", "none"] = "majority"
    election_timeout_ms: int = 500
    heartbeat_ms: int = 50
    delay_ms: int = 0
    processing_ms: int = 5
    sync_ms: int = 20
    suspicion_ms: int = 0
    clock_drift_percent: int = 5
    rank: RankRule = "id"
    priority: int = 0
    preempt: bool = True
    preempt_delay_ms: int = 0
    fast_failover: bool = True
    damping_ms: int = 0
    damping_window_ms: int = 60_000
    min_tenure_ms: int = 0
    freshness_gap: int = 0

    def __post_init__(self) -> None:
        least = {"election_timeout_ms": 1, "heartbeat_ms": 1, "damping_window_ms": 1}
        zero = ("delay_ms", "processing_ms", "sync_ms", "suspicion_ms", "clock_drift_percent", "priority")
        more = ("preempt_delay_ms", "damping_ms", "min_tenure_ms", "freshness_gap")
        at_least(self, least | dict.fromkeys((*zero, *more), 0))
        if self.clock_drift_percent > MAX_DRIFT_PERCENT:
            raise ValueError(f"clock_drift_percent = {self.clock_drift_percent} must be at most {MAX_DRIFT_PERCENT}")
        if self.failure_ns < 3 * self.heartbeat_ns + self.delay_ns:
            raise ValueError(
                f"election_timeout_ms = {self.election_timeout_ms} must be at least 3 x heartbeat_ms + delay_ms = "
                f"{(3 * self.heartbeat_ns + self.delay_ns) / MILLISECOND:g}: one or two lost heartbeats must not look like a dead leader"
            )
        if self.suspicion_ns < 2 * self.failure_ns:
            raise ValueError(
                f"suspicion_ms = {self.suspicion_ms} must be 0 or at least 2 x election_timeout_ms = {2 * self.election_timeout_ms}: "
                "a dead node must stay suspected while its successor is elected"
            )
        if self.guard == "majority" and self.lease_ns < 2 * self.heartbeat_ns:
            raise ValueError(
                f"a lease of {self.lease_ns / MILLISECOND:g} ms would end before two heartbeats of {self.heartbeat_ms} ms: raise "
                "election_timeout_ms, or lower clock_drift_percent or heartbeat_ms"
            )
        if self.freshness_gap and self.rank != "fresh":
            raise ValueError(
                f"freshness_gap = {self.freshness_gap} needs rank = fresh: by the rule id nobody is fresher"
            )

    @property
    def guarded(self) -> bool:
        """Whether a leader needs a majority."""
        return self.guard == "majority"

    @property
    def settles(self) -> bool:
        """Whether a node that comes back adopts a leader that lives, rather than hold an election at once."""
        return self.guarded or not self.preempt

    @property
    def failure_ns(self) -> Nanos:
        """Silence after which a leader is suspected; for as long a member helps no other (T_fd)."""
        return self.election_timeout_ms * MILLISECOND

    @property
    def heartbeat_ns(self) -> Nanos:
        """Between two heartbeats."""
        return self.heartbeat_ms * MILLISECOND

    @property
    def delay_ns(self) -> Nanos:
        """The assumed one-way delay (D)."""
        return self.delay_ms * MILLISECOND or self.failure_ns // 10

    @property
    def processing_ns(self) -> Nanos:
        """The assumed time that a node takes over a message (p)."""
        return self.processing_ms * MILLISECOND

    @property
    def sync_ns(self) -> Nanos:
        """The assumed time of a write (f)."""
        return self.sync_ms * MILLISECOND

    @property
    def suspicion_ns(self) -> Nanos:
        """How long a suspicion lasts."""
        return self.suspicion_ms * MILLISECOND or 2 * self.failure_ns

    @property
    def alive_ns(self) -> Nanos:
        """Within so long a question is answered (T_alive)."""
        return 2 * self.delay_ns + self.processing_ns

    @property
    def victory_ns(self) -> Nanos:
        """Within so long a node that is alive and should win has won (T_victory)."""
        return self.alive_ns + 2 * self.delay_ns + 2 * self.processing_ns

    @property
    def claim_ns(self) -> Nanos:
        """Within so long a claim is granted (T_claim)."""
        return 2 * self.delay_ns + 2 * self.processing_ns + self.sync_ns

    @property
    def lease_ns(self) -> Nanos:
        """How long a lease lasts by the leader's clock: at the worst that is slow while a member's is fast, and the member still holds."""
        drift = self.clock_drift_percent
        return self.failure_ns * (100 - drift) // (100 + drift) - LEASE_MARGIN_NS


def at_least(config: msgspec.Struct, least: dict[str, int]) -> None:
    """Raises ValueError for the first setting below its bound."""
    for name, bound in least.items():
        if getattr(config, name) < bound:
            raise ValueError(f"{name} = {getattr(config, name)} is too small: it must be at least {bound}")


def bounded(name: str, given_ms: int, least_ns: Nanos, why: str) -> Nanos:
    """A wait in nanoseconds: the least possible if 0 was given. Raises ValueError if it is below that."""
    given_ns = given_ms * MILLISECOND
    if given_ms and given_ns < least_ns:
        raise ValueError(f"{name} = {given_ms} must be 0 or at least {least_ns / MILLISECOND:g}: {why}")
    return given_ns or least_ns
