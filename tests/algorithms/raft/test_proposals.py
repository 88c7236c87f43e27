"""Proposals, function by function. The stories: tests/scenarios/test_clients.py."""

from zlib import crc32

import pytest

from algorithms.raft.harness import sends
from algorithms.raft.scenes import acknowledge, follower, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import Forward, ForwardReply
from quorate.core.effects import Rejected


def test_a_leader_remembers_where_its_own_proposals_are() -> None:
    server = ready_leader()
    server.propose(b"x", 4)
    server.propose(b"y", 5)
    assert server.state.own_proposals == {4: 2, 5: 3}


def test_the_same_sequence_is_appended_once_in_a_leadership() -> None:
    server = ready_leader()
    server.propose(b"x", 4)
    assert server.propose(b"x", 4) == []
    assert server.state.log.last_index == 2


def test_the_entry_carries_the_checksum_of_its_taker() -> None:
    server = ready_leader()
    server.propose(b"own", 1)
    assert server.state.log.entry(2).crc == crc32(b"own")
    server.receive(3, Forward(2, 1, 1, 1, b"theirs", crc32(b"theirs")))
    assert server.state.log.entry(3).crc == crc32(b"theirs")


def test_a_damaged_forward_is_not_appended() -> None:
    server = ready_leader()
    effects = server.receive(3, Forward(2, 1, 1, 1, b"theirs", 7))
    assert sends(effects) == [(3, ForwardReply(2, 1, 1, 1, refused="damaged", hint=1))]
    assert server.state.log.last_index == 1


@pytest.mark.parametrize(
    ("waiting", "size", "refused"), [(0, 200, ""), (60, 40, ""), (60, 41, "busy"), (0, 201, "too_large")]
)
def test_what_a_leader_refuses(waiting: int, size: int, refused: str) -> None:
    """With 100 bytes for the tail and 200 for an entry: its own and forwarded alike."""
    config = RaftConfig(uncommitted_bytes=100, entry_bytes=200)
    for forwarded in (False, True):
        server = ready_leader(config=config)
        if waiting:
            server.propose(bytes(waiting), 1)
        last = server.state.log.last_index
        if forwarded:
            replies = sends(server.receive(3, Forward(2, 1, 1, 9, bytes(size), crc32(bytes(size)))))
            assert replies[-1][1].refused == refused
        else:
            told = [e for e in server.propose(bytes(size), 9) if isinstance(e, Rejected)]
            assert told == ([Rejected(9, refused, hint=1)] if refused else [])
        assert server.state.log.last_index == last + (not refused)


def test_a_floor_settles_what_is_at_or_below_it() -> None:
    server = follower(leader=3, term=2)
    for sequence in (1, 2, 3):
        server.propose(b"x", sequence)
    server.propose(b"x", 4, floor=2)
    assert sorted(server.state.forwards) == [3, 4]


def test_a_refusal_makes_room_for_another_try() -> None:
    server = follower(leader=3, term=2)
    server.propose(b"x", 5)
    server.receive(3, ForwardReply(2, 1, 1, 5, refused="busy", hint=3))
    ((_, message),) = sends(server.propose(b"x", 5))
    assert message.number == 2
    assert server.receive(3, ForwardReply(2, 1, 2, 5, refused="busy", hint=3)) == [Rejected(5, "busy", hint=3)]


def test_the_tail_drains_and_takes_again() -> None:
    server = ready_leader(config=RaftConfig(uncommitted_bytes=10))
    for sequence in range(1, 20):
        assert not any(isinstance(effect, Rejected) for effect in server.propose(bytes(10), sequence))
        assert server.propose(b"x", 100 + sequence) == [Rejected(100 + sequence, "busy", hint=1)]
        server.disk()
        acknowledge(server, [2])
