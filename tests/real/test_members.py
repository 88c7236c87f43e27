"""`node.members`: what each call asks of the group. That it happens is in test_joining.py and test_members_processes.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from quorate.core.configuration import Configuration, first_configuration
from quorate.core.errors import RequestFailedError
from quorate.core.reconfigure import Add, Change, Demote, Promote, Remove, Update
from quorate.core.requests import ChangeMembers, LeaveJoint, Request
from quorate.real.members import Members

PRESENT = first_configuration({1: "h:1", 2: "h:2"})


class Asked:
    """Keeps what is asked, and refuses if it is told to."""

    def __init__(self) -> None:
        self.requests: list[tuple[Request, float | None]] = []
        self.fault: Exception | None = None
        self.members = Members(self.present, self.ask)

    def present(self) -> Configuration:
        return PRESENT

    async def ask(self, request: Request, timeout: float | None) -> None:
        if self.fault is not None:
            raise self.fault
        self.requests.append((request, timeout))


@pytest.mark.parametrize(
    ("call", "change"),
    [
        (lambda m: m.add(4, "h:4", expected=7, timeout=2), Add(4, "h:4", wants_vote=True)),
        (lambda m: m.add(4, "h:4", vote=False, priority=1, expected=7, timeout=2), Add(4, "h:4", priority=1)),
        (lambda m: m.promote(4, expected=7, timeout=2), Promote(4)),
        (lambda m: m.demote(4, expected=7, timeout=2), Demote(4)),
        (lambda m: m.remove(4, expected=7, timeout=2), Remove(4)),
        (lambda m: m.replace(3, 4, "h:4", expected=7, timeout=2), Add(4, "h:4", wants_vote=True, replaces=3)),
        (lambda m: m.update(4, address="h:9", expected=7, timeout=2), Update(4, "h:9")),
        (lambda m: m.update(4, priority=0, expected=7, timeout=2), Update(4, None, 0)),
    ],
)
async def test_each_call_is_one_change(call: Callable[[Members], Awaitable[None]], change: Change) -> None:
    asked = Asked()
    await call(asked.members)
    assert asked.requests == [(ChangeMembers((change,), 7), 2)]


async def test_several_at_once_and_the_end_of_a_joint_configuration() -> None:
    asked = Asked()
    await asked.members.change([Remove(1), Promote(4)], auto_leave=False)
    await asked.members.leave_joint(timeout=1)
    assert asked.requests == [
        (ChangeMembers((Remove(1), Promote(4)), None, auto_leave=False), None),
        (LeaveJoint(), 1),
    ]


async def test_a_refusal_comes_through() -> None:
    asked = Asked()
    asked.fault = RequestFailedError("not_a_member")
    with pytest.raises(RequestFailedError, match="not_a_member"):
        await asked.members.remove(9)


def test_the_list_is_what_this_node_knows() -> None:
    members = Asked().members
    assert members.configuration is PRESENT
    assert [member.id for member in members.list()] == [1, 2]
