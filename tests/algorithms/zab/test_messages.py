"""Messages survive the wire, and names of entries have an order."""

from typing import get_args

import msgspec

from quorate.algorithms.zab.messages import (
    LOWEST,
    ZERO,
    Ask,
    AskReply,
    Notification,
    Propose,
    Removed,
    Vote,
    ZabHardState,
    ZabMessage,
    Zxid,
)
from quorate.core.entry import Entry


def test_every_message_but_those_of_no_session_names_its_own() -> None:
    for kind in get_args(ZabMessage):
        assert ("session" in kind.__struct_fields__) == (kind not in (Notification, Removed, Ask, AskReply))


def test_a_message_comes_back_as_it_was() -> None:
    message = Propose(3, Entry(1, 2, 1, b"x", 7))
    data = msgspec.msgpack.encode(message)
    assert msgspec.msgpack.Decoder(ZabMessage).decode(data) == message


def test_an_entry_of_a_later_epoch_is_later_wherever_it_stands() -> None:
    assert ZERO < Zxid(1, 1) < Zxid(1, 2) < Zxid(2, 2) < Zxid(3, 1)
    assert Vote(0, ZERO, 1).rank > LOWEST.rank


def test_priority_counts_before_the_id_and_after_the_last_entry() -> None:
    ascending = [Vote(1, Zxid(1, 1), 3), Vote(1, Zxid(1, 1), 1, 5), Vote(1, Zxid(1, 2), 2, -1), Vote(2, Zxid(1, 1), 1)]
    assert sorted(ascending, key=lambda vote: vote.rank) == ascending


def test_hard_state_begins_at_nothing() -> None:
    assert (ZabHardState().accepted_epoch, ZabHardState().current_epoch) == (0, 0)
