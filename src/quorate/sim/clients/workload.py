"""The seam between a storm and what its clients do: a machine, clients of it, and a judgement at the end."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

import msgspec

from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.core.machine import StateMachine
from quorate.sim.cluster import Cluster

WorkloadKind: TypeAlias = Literal["journal", "kv"]
"""journal: a list that only grows, held against one order of commands. kv: the key-value machine, whose history must be linearizable."""


class WorkloadSettings(msgspec.Struct, frozen=True):
    """`think_ns`: the mean pause between two operations of a client. `patience_ns`: the driver's time for one operation.
    `reads`: their share, and `consistency` what they ask for. `near`: the share of reads that ask for less than the newest state
    instead: what the client wrote, or a state that is not too old. `commands`: proposed at once, at most. `kind`: which machine, and
    which clients. `keyed`: the share of writes that have a key, and are sent again when their outcome is unknown."""

    clients: int = 5
    think_ns: Nanos = 250 * MILLISECOND
    patience_ns: Nanos = 3 * SECOND
    reads: float = 0.25
    commands: int = 3
    kind: WorkloadKind = "journal"
    consistency: Literal["linearizable", "lease"] = "linearizable"
    near: float = 0.0
    keyed: float = 0.0


class Workload(Protocol):
    """What a storm asks of its clients. It is made before the cluster, begins once, stops once, and is finished once.

    Bring your own to `run_plan` to have your state machine stormed. All that it does must follow from the seed: draw from
    `quorate.sim.streams.stream(cluster.seed, "your purpose", number)`.
    """

    def machine(self, node: NodeId) -> StateMachine:
        """The state machine of `node`, empty: asked for anew at each start of its process."""
        ...

    def begin(self, cluster: Cluster) -> None:
        """Let the clients start, each at a moment of its own. Called before any time has passed."""
        ...

    def stop(self) -> None:
        """Begin nothing new; what is under way ends."""
        ...

    @property
    def busy(self) -> int:
        """How many clients still wait for an answer."""
        ...

    def finish(self) -> None:
        """All faults have ended, there is a leader, and no client is busy: write and read once more through every node of
        `cluster.members_expected()`, then judge.

        Raises `InvariantBrokenError` for what must never happen, `NeverError` for what did not happen in its time.
        """
        ...

    def counts(self) -> dict[str, int]:
        """What happened, how often, by name."""
        ...
