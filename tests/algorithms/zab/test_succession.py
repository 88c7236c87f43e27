"""Both sides of a word that hands over; what comes of it is in tests/scenarios/test_zab_transfer.py."""

from algorithms.raft.harness import reasons
from algorithms.zab.harness import SYNC_NS, established, follower
from quorate.algorithms.zab.messages import FollowerInfo, SessionEnd
from quorate.algorithms.zab.succession import hand_over


def test_the_leader_follows_whom_it_has_named() -> None:
    leader = established()
    hand_over(leader.state, 1)
    assert (leader.state.role.value, leader.state.learning.leader, leader.state.round) == ("following", 1, 2)
    assert leader.state.learning.handed_over


def test_a_follower_turns_to_the_one_that_is_named_and_waits_no_longer_than_for_a_leader() -> None:
    server = follower(1, 3)
    server.receive(3, SessionEnd(1, "leadership_lost", 2))
    assert server.sent()[-1] == (2, FollowerInfo(2, 1, 0, handed_over=True))
    effects = server.wait(SYNC_NS)
    assert "leader_left" in reasons(effects)


def test_one_whose_disk_hangs_declines() -> None:
    server = follower(1, 3)
    server.state.disk.hang(server.now)
    effects = server.receive(3, SessionEnd(1, "leadership_lost", 1))
    assert "transfer_declined" in reasons(effects)
    assert server.state.role.value == "looking"
