"""The learner's side of broadcast."""

from zlib import crc32

from algorithms.raft.harness import acts, reasons, sends
from algorithms.zab.harness import follower, synced, zxid
from quorate.algorithms.zab.messages import Ack, Commit, Inform, Ping, Pong, Propose, SessionEnd
from quorate.core.effects import Apply
from quorate.core.entry import Entry


def batch(index: int, epoch: int = 1) -> Entry:
    return Entry(index, epoch, 1, b"x", crc32(b"x"))


def test_f10_a_repeat_is_acknowledged_and_not_written() -> None:
    server = follower()
    server.receive(3, Propose(1, batch(1)))
    server.disk()
    effects = server.receive(3, Propose(1, batch(1)))
    assert sends(effects) == [(3, Ack(1, zxid(1, 1)))]
    assert len(effects) == 1


def test_f10_a_gap_ends_the_session() -> None:
    server = follower()
    effects = server.receive(3, Propose(1, batch(2)))
    assert reasons(effects)[0] == "entry_out_of_order"
    assert (3, SessionEnd(1, "entry_out_of_order")) in sends(effects)


def test_an_entry_of_a_later_epoch_than_the_leaders_ends_the_session() -> None:
    effects = follower().receive(3, Propose(1, batch(1, epoch=2)))
    assert (3, SessionEnd(1, "entry_out_of_order")) in sends(effects)


def test_a_damaged_entry_is_not_taken() -> None:
    effects = follower().receive(3, Propose(1, Entry(1, 1, 1, b"y", 7)))
    assert reasons(effects)[0] == "entry_damaged"
    assert (3, SessionEnd(1, "entry_damaged")) in sends(effects)


def test_f9_commits_apply_what_is_durable_here() -> None:
    server = follower()
    server.receive(3, Propose(1, batch(1)))
    assert not acts(server.receive(3, Commit(1, zxid(1, 1))))
    assert [type(effect) for effect in server.disk()] == [Apply]


def test_f10_an_observer_writes_and_applies_what_it_is_informed_of() -> None:
    server = follower(4, members=(1, 2, 3))
    effects = server.receive(3, Inform(1, batch(1)))
    assert not sends(effects)
    assert [type(effect) for effect in server.disk()] == [Apply]


def test_f11_a_ping_is_answered_before_the_epoch_is_known_to_be_established() -> None:
    server = synced()
    assert sends(server.receive(3, Ping(1, 4))) == [(3, Pong(1, 4))]
    assert server.state.leader is None
