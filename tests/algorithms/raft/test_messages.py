"""What Raft nodes say to each other, as bytes."""

from typing import Any, get_args

import msgspec
import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.scenes import batch
from quorate.algorithms.raft.messages import (
    Append,
    AppendReply,
    Ask,
    AskReply,
    Forward,
    ForwardReply,
    PreVoteReply,
    PreVoteRequest,
    RaftHardState,
    RaftMessage,
    ReadIndexReply,
    ReadIndexRequest,
    Removed,
    SnapshotChunk,
    SnapshotOffer,
    SnapshotReply,
    TimeoutNow,
    VoteReply,
    VoteRequest,
)
from quorate.core.requests import TransferLeadership

EXAMPLES: list[Any] = [
    PreVoteRequest(4, 5, 9, 3),
    PreVoteReply(4, 5, granted=False, reason="log_behind"),
    VoteRequest(5, 9, 3),
    VoteReply(5, 5, granted=True),
    Append(5, 7, 8, 3, 6, (batch(9, 3, b"\x00\xff"), batch(10, 5, b""))),
    AppendReply(5, 7, ok=False, refused_prev=8, hint_index=4, hint_term=2),
    SnapshotOffer(5, 7, meta_of(9, 3)),
    SnapshotChunk(5, 7, meta_of(9, 3), 2, b"ate", 77),
    SnapshotReply(5, 7, "d1", "continue", 2, 0),
    ReadIndexRequest(5, 2, 11),
    ReadIndexReply(5, 2, 11, index=9, refused="", hint=3),
    Forward(5, 2, 3, 4, b"x", 1),
    ForwardReply(5, 2, 3, 4, index=0, refused="busy", hint=1),
    TimeoutNow(5),
    Ask(5, 2, 12, TransferLeadership(3)),
    AskReply(5, 2, 12, refused="target_silent", hint=1),
    Removed(5, 12),
]

decoder = msgspec.msgpack.Decoder(RaftMessage)


def test_there_is_an_example_of_each() -> None:
    assert {type(example) for example in EXAMPLES} == set(get_args(RaftMessage))


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_each_comes_back_as_it_was(message: Any) -> None:
    back = decoder.decode(msgspec.msgpack.encode(message))
    assert (type(back), back) == (type(message), message)


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_each_shows_its_senders_term_and_cannot_be_changed(message: Any) -> None:
    assert message.term in (4, 5)
    with pytest.raises(AttributeError):
        message.term = 6


def test_a_newer_node_may_say_more_and_an_older_one_less() -> None:
    """Fields are added at the end, with defaults."""
    more = msgspec.msgpack.encode(["VoteReply", 5, 5, True, "", "something new", 3])
    assert decoder.decode(more) == VoteReply(5, 5, granted=True)
    less = msgspec.msgpack.encode(["AppendReply", 5, 7, True])
    assert decoder.decode(less) == AppendReply(5, 7, ok=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x93",
        msgspec.msgpack.encode(["Nonsense", 1]),
        msgspec.msgpack.encode(["VoteRequest", "a", 1, 1]),
    ],
)
def test_anything_else_is_a_decode_error(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decoder.decode(data)


def test_hard_state_is_one_record() -> None:
    state = RaftHardState(7, 2)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=RaftHardState) == state
    assert RaftHardState(7) == RaftHardState(7, None)
