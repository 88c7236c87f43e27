"""What must never happen, one rule a file, each with its source. Checked after every step, by what the step changed."""

from quorate.sim.invariants.base import Chronicle, Invariant, InvariantBrokenError
from quorate.sim.invariants.commit_on_quorum import CommitOnQuorum
from quorate.sim.invariants.durable_votes import DurableVotes
from quorate.sim.invariants.election_safety import ElectionSafety
from quorate.sim.invariants.inspection import InspectionAgrees
from quorate.sim.invariants.leader_append_only import LeaderAppendOnly
from quorate.sim.invariants.leader_completeness import LeaderCompleteness
from quorate.sim.invariants.log_matching import LogMatching
from quorate.sim.invariants.monotonic import Monotonic
from quorate.sim.invariants.recovery import Recovery
from quorate.sim.invariants.state_machine_safety import StateMachineSafety

LOG_INVARIANTS: tuple[type[Invariant], ...] = (
    ElectionSafety,
    LeaderAppendOnly,
    LogMatching,
    LeaderCompleteness,
    StateMachineSafety,
    CommitOnQuorum,
    Monotonic,
    DurableVotes,
    Recovery,
    InspectionAgrees,
)
"""For algorithms that keep one log."""

__all__ = [
    "LOG_INVARIANTS",
    "Chronicle",
    "CommitOnQuorum",
    "DurableVotes",
    "ElectionSafety",
    "InspectionAgrees",
    "Invariant",
    "InvariantBrokenError",
    "LeaderAppendOnly",
    "LeaderCompleteness",
    "LogMatching",
    "Monotonic",
    "Recovery",
    "StateMachineSafety",
]
