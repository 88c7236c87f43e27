"""What must never happen, one rule a file, each with its source. Checked after every step, by what the step changed.

Each rule says to which algorithms it applies (`Invariant.applies`), by their `AlgorithmSpec`; most apply to all that keep a log. Where
settings take away what a rule rests on (`Invariant.promised`), nobody promises it, and what breaks it is counted.

Elections without a log: what they promise only once faults have stopped (that somebody is elected, that all agree on whom, that it is the
one who should lead, that nothing goes round any more) is checked at the end of a storm: `quorate.sim.storms.aftermath`.

The properties of primary-order atomic broadcast (Junqueira, Reed and Serafini 2011) are among them, with term for epoch, and so hold for
whoever keeps a log; docs/zab.md says which rule is which property. What only algorithms promise whose leaders have their history taken over
before they lead (`AlgorithmSpec.histories`) is in `leadership`, `process_consistency` and `epoch_order`.
"""

from quorate.core.algorithm import AlgorithmSpec
from quorate.sim.invariants.base import Chronicle, Invariant, InvariantBrokenError
from quorate.sim.invariants.commit_on_quorum import CommitOnQuorum
from quorate.sim.invariants.deadlines import Deadlines
from quorate.sim.invariants.durable_votes import DurableVotes
from quorate.sim.invariants.election_safety import ElectionSafety
from quorate.sim.invariants.epoch_order import EpochOrder
from quorate.sim.invariants.global_primary_order import GlobalPrimaryOrder
from quorate.sim.invariants.grant_once import GrantOnce
from quorate.sim.invariants.hung_disk import HungDisk
from quorate.sim.invariants.inspection import InspectionAgrees
from quorate.sim.invariants.integrity import Integrity
from quorate.sim.invariants.leader_append_only import LeaderAppendOnly
from quorate.sim.invariants.leader_completeness import LeaderCompleteness
from quorate.sim.invariants.leadership import Leadership
from quorate.sim.invariants.lease_alone import LeaseAlone
from quorate.sim.invariants.lease_exclusion import LeaseExclusion
from quorate.sim.invariants.local_primary_order import LocalPrimaryOrder
from quorate.sim.invariants.log_matching import LogMatching
from quorate.sim.invariants.match_on_disk import MatchOnDisk
from quorate.sim.invariants.monotonic import Monotonic
from quorate.sim.invariants.no_alarm import NoAlarm
from quorate.sim.invariants.no_gap import NoGap
from quorate.sim.invariants.one_leader_per_token import OneLeaderPerToken
from quorate.sim.invariants.persist_before_send import PersistBeforeSend
from quorate.sim.invariants.positions import Positions
from quorate.sim.invariants.primary_integrity import PrimaryIntegrity
from quorate.sim.invariants.process_consistency import ProcessConsistency
from quorate.sim.invariants.promise_monotonic import PromiseMonotonic
from quorate.sim.invariants.recovery import Recovery
from quorate.sim.invariants.snapshot_agreement import SnapshotAgreement
from quorate.sim.invariants.state_machine_safety import StateMachineSafety
from quorate.sim.invariants.token_ascends import TokenAscends

ALL: tuple[type[Invariant], ...] = (
    ElectionSafety,
    OneLeaderPerToken,
    Leadership,
    ProcessConsistency,
    EpochOrder,
    TokenAscends,
    LeaseAlone,
    LeaseExclusion,
    GrantOnce,
    PromiseMonotonic,
    PersistBeforeSend,
    LeaderAppendOnly,
    NoGap,
    LogMatching,
    Integrity,
    LeaderCompleteness,
    PrimaryIntegrity,
    StateMachineSafety,
    LocalPrimaryOrder,
    GlobalPrimaryOrder,
    CommitOnQuorum,
    MatchOnDisk,
    Monotonic,
    DurableVotes,
    Recovery,
    SnapshotAgreement,
    Positions,
    Deadlines,
    HungDisk,
    NoAlarm,
    InspectionAgrees,
)
"""In the order in which they are told of a fact."""


def for_algorithm(spec: AlgorithmSpec) -> tuple[type[Invariant], ...]:
    """Those that apply to it."""
    return tuple(invariant for invariant in ALL if invariant.applies(spec))


__all__ = [
    "ALL",
    "Chronicle",
    "CommitOnQuorum",
    "Deadlines",
    "DurableVotes",
    "ElectionSafety",
    "EpochOrder",
    "GlobalPrimaryOrder",
    "GrantOnce",
    "HungDisk",
    "InspectionAgrees",
    "Integrity",
    "Invariant",
    "InvariantBrokenError",
    "LeaderAppendOnly",
    "LeaderCompleteness",
    "Leadership",
    "LeaseAlone",
    "LeaseExclusion",
    "LocalPrimaryOrder",
    "LogMatching",
    "MatchOnDisk",
    "Monotonic",
    "NoAlarm",
    "NoGap",
    "OneLeaderPerToken",
    "PersistBeforeSend",
    "Positions",
    "PrimaryIntegrity",
    "ProcessConsistency",
    "PromiseMonotonic",
    "Recovery",
    "SnapshotAgreement",
    "StateMachineSafety",
    "TokenAscends",
    "for_algorithm",
]
