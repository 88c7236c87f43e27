"""Calls with keys: how they go into a batch, and what their callers are told."""

from __future__ import annotations

from quorate.core.entry import Batch, KeyedCall
from quorate.core.ids import MILLISECOND
from quorate.core.keys import ClientSession, Key, KeyRefused
from quorate.core.outcome import Applied, NotApplied
from quorate.runtime.calls import Call
from runtime.desks import FAR, SESSION, ProposalDesk, batch_of
from runtime.fakes import Caller

FIRST, SECOND = Key(ClientSession(9, 1), 1), Key(ClientSession(9, 1), 2, settled=1)


def take(desk: ProposalDesk, key: Key, *commands: bytes) -> Caller:
    caller = Caller()
    desk.proposals.add(Call(list(commands), FAR, caller, key))
    return caller


def test_a_batch_says_which_of_its_commands_have_which_key_and_when_it_was_made() -> None:
    desk = ProposalDesk()
    desk.now = 1234 * MILLISECOND + 1
    desk.take(b"a")
    take(desk, FIRST, b"b", b"c")
    desk.take(b"d")
    take(desk, SECOND, b"e")
    assert batch_of(desk.propose()) == Batch(
        SESSION, 1, 0, [b"a", b"b", b"c", b"d", b"e"], 1234, [KeyedCall(1, 2, FIRST), KeyedCall(4, 1, SECOND)]
    )


def test_r37_a_refused_key_is_a_refusal_of_that_call_alone() -> None:
    desk = ProposalDesk()
    plain, keyed, refused = desk.take(b"a"), take(desk, FIRST, b"b"), take(desk, SECOND, b"c")
    desk.propose()
    desk.proposals.applied(1, ["A", "B", KeyRefused("key_reused")], 7)
    assert plain.answer == Applied(["A"], 7)
    assert keyed.answer == Applied(["B"], 7)
    assert refused.answer == NotApplied("key_reused")
    assert desk.counters.outcomes == {"Applied": 2, "NotApplied": 1}
