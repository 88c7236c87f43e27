"""Requests are data that travels in messages."""

from __future__ import annotations

import msgspec
import pytest

from quorate.core.reconfigure import Add, Remove
from quorate.core.requests import ChangeMembers, LeaveJoint, ReportFreshness, Request, TransferLeadership


@pytest.mark.parametrize(
    "request_of_an_operator",
    [
        TransferLeadership(),
        TransferLeadership(2, only_from=1),
        ChangeMembers((Add(4), Remove(2)), expected=7, auto_leave=False),
        LeaveJoint(),
        ReportFreshness(9),
    ],
)
def test_they_survive_the_wire(request_of_an_operator: Request) -> None:
    sent = msgspec.msgpack.encode(request_of_an_operator)
    assert msgspec.msgpack.decode(sent, type=Request) == request_of_an_operator


def test_what_is_left_out_is_left_open() -> None:
    assert msgspec.json.decode(b'{"type":"TransferLeadership"}', type=Request) == TransferLeadership(None, None)
