"""Proposals and requests."""

from zlib import crc32

from algorithms.raft.harness import acts, sends
from algorithms.zab.harness import FINALIZE_NS, ZabServer, established, follower, promised
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.messages import Propose, Request, RequestReply
from quorate.core.effects import Rejected
from quorate.core.events import SpaceChanged


def test_without_a_leader_a_proposal_is_refused() -> None:
    assert acts(ZabServer(1).propose(b"x")) == [Rejected(1, "no_leader")]
    assert acts(promised().propose(b"x")) == [Rejected(1, "no_leader")]


def test_f13_a_follower_sends_a_batch_on_once_in_a_session() -> None:
    server = follower()
    assert sends(server.propose(b"x")) == [(3, Request(1, 1, b"x", crc32(b"x")))]
    assert not server.propose(b"x")
    server.propose(b"y", 2, floor=1)
    assert list(server.state.learning.forwards) == [2]


def test_a_leader_takes_the_batch_of_another() -> None:
    leader = established()
    effects = leader.receive(1, Request(1, 7, b"x", crc32(b"x")))
    assert [type(message) for _, message in sends(effects)] == [Propose, Propose]
    assert not leader.state.leading.own_proposals


def test_refusals_are_final_and_typed() -> None:
    leader = established(config=ZabConfig(uncommitted_bytes=10, entry_bytes=8))
    assert acts(leader.propose(b"123456789")) == [Rejected(1, "too_large", 3)]
    leader.propose(b"12345678", 2)
    assert acts(leader.propose(b"123", 3)) == [Rejected(3, "busy", 3)]
    assert sends(leader.receive(1, Request(1, 7, b"123", crc32(b"123")))) == [(1, RequestReply(1, 7, "busy", 3))]
    assert sends(leader.receive(1, Request(1, 8, b"x", 1))) == [(1, RequestReply(1, 8, "damaged", 3))]
    leader.step(SpaceChanged(short=True))
    assert acts(leader.propose(b"1", 4)) == [Rejected(4, "transferring", 3)]


def test_a_full_disk_takes_nothing_new_where_nobody_else_could_lead() -> None:
    leader = ZabServer(1, (1,))
    leader.wait(FINALIZE_NS)
    leader.disk()
    assert leader.leads
    leader.step(SpaceChanged(short=True))
    assert acts(leader.propose(b"1", 4)) == [Rejected(4, "disk_full", 1)]


def test_what_waits_for_the_own_disk_is_bounded() -> None:
    leader = established(config=ZabConfig(unwritten_bytes=4))
    leader.propose(b"123")
    assert acts(leader.propose(b"12", 2)) == [Rejected(2, "busy", 3)]
    leader.disk()
    assert not [effect for effect in leader.propose(b"12", 2) if isinstance(effect, Rejected)]


def test_a_refusal_reaches_the_caller() -> None:
    server = follower()
    server.propose(b"x", 5)
    assert server.receive(3, RequestReply(1, 5, "busy", 3)) == [Rejected(5, "busy", 3)]
    assert not server.receive(3, RequestReply(1, 5, "busy", 3))


def test_a_batch_in_the_log_of_this_leadership_is_not_taken_twice() -> None:
    leader = established()
    leader.propose(b"x")
    assert not leader.propose(b"x")
    assert leader.state.log.last_index == 1


def test_roll_over_the_batch_that_finds_the_epoch_full_is_refused() -> None:
    leader = established(config=ZabConfig(last_counter=2))
    leader.propose(b"x")
    effects = leader.propose(b"y", 2)
    assert Rejected(2, "no_leader") in effects
    assert leader.state.role.value == "looking"
