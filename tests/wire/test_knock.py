"""The question of a newcomer, and the answers to it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from quorate.core.configuration import Configuration, Member
from quorate.core.reconfigure import Add
from quorate.wire.hello import MAGIC
from quorate.wire.knock import MAX_ADDRESS, Admitted, Knock, NotNow, decode_answer, decode_knock
from quorate.wire.refusal import Reason, Refuse, RefusedError

encode = msgspec.msgpack.encode


def knock(**other: Any) -> Knock:
    return msgspec.structs.replace(Knock(MAGIC, 1, 2, "blue", "raft", 4, 77, "h:7104"), **other)


def test_a_newcomer_asks_to_be_a_voter_once_it_has_caught_up() -> None:
    assert knock().change() == Add(4, "h:7104", 77, wants_vote=True)
    assert knock(replaces=3, priority=2).change() == Add(4, "h:7104", 77, 2, wants_vote=True, replaces=3)
    assert knock(vote=False).change() == Add(4, "h:7104", 77)


@pytest.mark.parametrize("said", [knock(), knock(vote=False, replaces=3, priority=-1, patience_ms=5)])
def test_it_arrives_as_it_was_said(said: Knock) -> None:
    assert decode_knock(encode(said), "somebody") == said


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.NOT_QUORATE),
        (b"GET / HTTP/1.1", Reason.NOT_QUORATE),
        (encode(knock())[:-1], Reason.NOT_QUORATE),
        (encode(["Knock", 5]), Reason.NOT_QUORATE),
        (encode(knock(node=0)), Reason.BAD_FRAME),
        (encode(knock(address="")), Reason.BAD_FRAME),
        (encode(knock(address="h" * (MAX_ADDRESS + 1))), Reason.BAD_FRAME),
        (encode(knock(address="h:1\n")), Reason.BAD_FRAME),
    ],
)
def test_what_is_no_knock_is_refused(payload: bytes, reason: Reason) -> None:
    with pytest.raises(RefusedError) as refused:
        decode_knock(payload, "somebody")
    assert refused.value.reason == reason
    assert "\n" not in refused.value.detail


@pytest.mark.parametrize(
    "answer",
    [
        Admitted(Configuration(7, (Member(1, "h:1"), Member(4, "h:4", 77, 7, 0, True, 3)), (1,))),
        NotNow("no_leader"),
        Refuse("id_taken", "another node has it"),
    ],
)
def test_the_answers_arrive_as_they_were_said(answer: Admitted | NotNow | Refuse) -> None:
    assert decode_answer(encode(answer), "a member") == answer


@given(some.binary(max_size=60))
def test_any_bytes_are_an_answer_or_are_refused(payload: bytes) -> None:
    try:
        answer = decode_answer(payload, "a member")
    except RefusedError as refused:
        answer = Refuse(refused.reason, refused.detail)
    assert isinstance(answer, Admitted | NotNow | Refuse)
