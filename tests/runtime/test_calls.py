"""A caller is answered once."""

from quorate.core.errors import ReadFailedError
from quorate.core.keys import ClientSession, Key, KeyRefused
from quorate.core.outcome import Applied, NotApplied
from quorate.runtime.calls import Call, ReadCall
from runtime.fakes import Caller


def test_a_call_is_answered_once() -> None:
    caller = Caller()
    call = Call([b"a"], 5, caller)
    call.settle(NotApplied("busy"))
    call.settle(Applied([1], 1))
    assert caller.told == [NotApplied("busy")]
    assert call.done is None


def test_a_call_knows_its_size_in_bytes() -> None:
    assert Call([b"abc"], 5, Caller()).size == 3
    assert Call([b"abc", b"", b"de"], 5, Caller()).size == 5
    assert Call([], 5, Caller()).size == 0


def test_an_answer_may_ask_to_be_answered_again_and_is_not() -> None:
    caller = Caller()
    call = Call([b"a"], 5, caller)
    caller.then = lambda: call.settle(NotApplied("again"))
    call.settle(NotApplied("busy"))
    assert caller.told == [NotApplied("busy")]


def test_a_reader_is_answered_once() -> None:
    caller = Caller()
    call = ReadCall(5, caller)
    call.settle(7)
    call.settle(ReadFailedError("late"))
    assert caller.told == [7]
    assert call.done is None


def test_what_results_mean_to_a_call() -> None:
    key = Key(ClientSession(9, 1), 3)
    refused: list[object] = [KeyRefused("session_expired")] * 2
    assert Call([b"a", b"b"], 5, Caller(), key).outcome_of([1, 2], 7) == Applied([1, 2], 7)
    assert Call([b"a", b"b"], 5, Caller(), key).outcome_of(refused, 7) == NotApplied("session_expired")
    assert Call([], 5, Caller(), key).outcome_of([], 7) == Applied([], 7)
