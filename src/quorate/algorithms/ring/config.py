"""Settings of the ring, validated together."""

from typing import Literal, TypeAlias

from quorate.algorithms.electing.config import ElectingConfig, at_least, bounded
from quorate.core.ids import Nanos, NodeId

VariantName: TypeAlias = Literal["chang_roberts", "lap", "lelann", "hirschberg_sinclair"]


class RingConfig(ElectingConfig, frozen=True, forbid_unknown_fields=True):
    """Times in milliseconds. Equal on all nodes, but for `priority`.

    `variant`: how the ring elects. `ring_order`: the members clockwise; empty: ascending. `ring_version`: of that order; raise it with
    every change of it, because nodes with different versions drop each other's tokens.
    `monitor`: who notices that the leader is silent: `leader`, everybody, by its heartbeats; `predecessor`, the node behind it on the ring.
    `hop_ms`: the next node on the ring is suspected if it has not confirmed a token after so long; 0: twice the delay, and processing.
    `ring_ms`: an election that has not ended after so long is held again; 0: three laps, and a hop for every member that is passed over.
    The rest as in `ElectingConfig`.
    """

    variant: VariantName = "chang_roberts"
    ring_order: tuple[NodeId, ...] = ()
    ring_version: int = 1
    monitor: Literal["leader", "predecessor"] = "leader"
    hop_ms: int = 0
    ring_ms: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, {"ring_version": 0, "hop_ms": 0, "ring_ms": 0})
        if len(set(self.ring_order)) < len(self.ring_order):
            raise ValueError(f"ring_order = {list(self.ring_order)} names a member twice; name each once")
        bounded("hop_ms", self.hop_ms, self.alive_ns, "a token and its confirmation travel for so long")

    @property
    def settled(self) -> bool:
        """Whether a leader that lives stays, whoever holds an election (C4a), and who starts listens first (B1)."""
        return self.guarded or not self.preempt

    @property
    def hop_ns(self) -> Nanos:
        """Within so long the next node confirms (T_hop)."""
        return bounded("hop_ms", self.hop_ms, self.alive_ns, "")

    def lap_ns(self, members: int) -> Nanos:
        """How long one lap takes at the most, if nobody is passed over; with the guard everybody writes its promise."""
        return members * (self.delay_ns + self.processing_ns + (self.sync_ns if self.guarded else 0))

    def ring_ns(self, members: int) -> Nanos:
        """Within so long an election on a ring of so many ends (T_ring). Raises ValueError if `ring_ms` is below three laps."""
        laps = 3 * self.lap_ns(members)
        least = bounded("ring_ms", self.ring_ms, laps, f"three laps of a ring of {members} take so long")
        return least if self.ring_ms else laps + members * self.hop_ns
