"""What a node says of itself, in every state of its life."""

from quorate.core.algorithm import PeerStatus, Status
from quorate.real.status import NodeStatus, describe
from quorate.version import __version__

STATUS = Status(
    algorithm="raft",
    node=1,
    role="leader",
    term=4,
    leader=1,
    ready=True,
    commit=9,
    applied=8,
    last_index=10,
    snapshot_index=2,
    peers={2: PeerStatus(9, "replicate", 5)},
)


def _describe(life: str, status: Status | None = STATUS, failure: BaseException | None = None) -> NodeStatus:
    return describe(
        cluster="c", node=1, algorithm="raft", life=life, status=status, failure=failure, log_bytes=7, uptime_s=1.5
    )


def test_a_running_node_says_what_its_algorithm_says() -> None:
    """And who it is."""
    said = _describe("running")
    assert (said.role, said.term, said.leader, said.ready) == ("leader", 4, 1, True)
    assert (said.commit, said.applied, said.last_index, said.snapshot_index, said.log_bytes) == (9, 8, 10, 2, 7)
    assert (said.cluster, said.id, said.version, said.failed) == ("c", 1, __version__, None)
    assert said.peers == STATUS.peers


def test_a_failed_node_claims_nothing_and_says_why() -> None:
    """It must not look like a leader."""
    said = _describe("failed", failure=OSError("no space left on device"))
    assert (said.role, said.leader, said.ready, said.peers) == ("failed", None, False, {})
    assert said.failed == "no space left on device"
    assert said.applied == 8


def test_a_node_that_never_started_has_a_status() -> None:
    """Monitoring may ask at any time."""
    said = _describe("stopped", status=None)
    assert (said.role, said.term, said.leader, said.commit) == ("stopped", 0, None, 0)
