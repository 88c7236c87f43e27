"""Changes of members as clients write them."""

from __future__ import annotations

import pytest

from quorate.core.reconfigure import Add, Change, Demote, Promote, Remove, Update
from quorate.server.member_changes import ChangesWritten, change_of, decode_body, member_id
from quorate.server.problem import ProblemError


def one(text: str) -> Change:
    (written,) = decode_body(f'{{"changes": [{text}]}}'.encode(), ChangesWritten, "an example").changes
    return change_of(written)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ('{"do": "add", "id": 4, "address": "h:1"}', Add(4, "h:1", wants_vote=True)),
        ('{"do": "add", "id": 4, "address": "h:1", "vote": false}', Add(4, "h:1")),
        ('{"do": "add", "id": 4, "address": "h:1", "at_once": true, "priority": 3}', Add(4, "h:1", 0, 3, voter=True)),
        ('{"do": "promote", "id": 4}', Promote(4)),
        ('{"do": "demote", "id": 4}', Demote(4)),
        ('{"do": "remove", "id": 4}', Remove(4)),
        ('{"do": "replace", "id": 4, "new": 5, "address": "h:1"}', Add(5, "h:1", wants_vote=True, replaces=4)),
        ('{"do": "update", "id": 4, "address": "h:1"}', Update(4, "h:1")),
    ],
)
def test_each_kind(text: str, change: Change) -> None:
    assert one(text) == change


def test_what_is_none_of_them_is_a_400_with_an_example() -> None:
    for text in ('{"do": "add", "id": 4}', '{"do": "add", "id": 4, "address": "no"}', '{"do": "vote", "id": 4}', "7"):
        with pytest.raises(ProblemError) as refused:
            one(text)
        assert refused.value.status == 400
        assert refused.value.body.hint


def test_an_id_in_a_path() -> None:
    assert member_id("12") == 12
    for text in ("0", "-1", "x", "\u0661", "2147483648"):
        with pytest.raises(ProblemError):
            member_id(text)
