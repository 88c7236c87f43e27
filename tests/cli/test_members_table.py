"""Members as rows, and what to think of before one goes."""

from __future__ import annotations

import msgspec
from rich.console import Console

from quorate.cli.members_table import HEADINGS, SILENT_NS, as_lines, as_table, cells, role, stop_of, summary, title
from quorate.client.results import GroupView, MemberView

MEMBERS = [
    MemberView(1, "h:7101", "voter", True, 5, disk="00000000000000ab", lag=0, contact_age_ns=0),
    MemberView(2, "h:7102", "voter", joined_at=12, lag=3, contact_age_ns=20_000_000),
    MemberView(3, "", "learner", wants_vote=True, replaces=2),
]
GROUP = GroupView(17, members=MEMBERS)


def changed(member: MemberView, **changes: object) -> MemberView:
    return msgspec.structs.replace(member, **changes)


def test_a_row_says_everything_under_its_heading() -> None:
    assert dict(zip(HEADINGS, cells(MEMBERS[1]), strict=True)) == {
        "id": "2",
        "role": "voter",
        "address": "h:7102",
        "priority": "0",
        "lag": "3",
        "last contact": "20 ms",
        "joined at": "12",
        "disk": "-",
    }
    assert cells(MEMBERS[2])[1:6] == ["learner, is to vote instead of 2", "-", "0", "-", "-"]


def test_roles() -> None:
    assert role(MEMBERS[0]) == "voter, leads"
    assert role(changed(MEMBERS[2], replaces=0)) == "learner, is to vote"
    assert role(MemberView(4, role="leaving")) == "leaving"


def test_the_configuration_in_one_line() -> None:
    assert title(GROUP) == "configuration 17, committed"
    assert summary(GROUP) == "configuration 17, committed: nodes 1 and 2 vote; node 3 learns"
    assert (
        summary(GroupView(3, committed=False, members=MEMBERS[:1]))
        == "configuration 3, not yet committed: node 1 votes"
    )
    joint = GroupView(3, joint=True, auto_leave=False)
    assert title(joint) == "configuration 3, committed, joint: a change is half done, and waits to be ended"


def test_lines_are_aligned_and_whole() -> None:
    lines = as_lines(GROUP)
    assert len(lines) == 5
    assert lines[0] == title(GROUP)
    assert [line.index("h:") for line in lines[2:4]] == [lines[1].index("address")] * 2


def test_the_table_fits_a_narrow_terminal() -> None:
    console = Console(width=100, force_terminal=False)
    with console.capture() as capture:
        console.print(as_table(GROUP))
    text = capture.get()
    assert max(map(len, text.splitlines())) <= 100
    assert "voter, leads" in text


def group(*ages: int | None) -> GroupView:
    """Voters, of which the first leads, by how long ago they answered."""
    return GroupView(
        7, members=[MemberView(i, "h:1", "voter", i == 1, lag=0, contact_age_ns=age) for i, age in enumerate(ages, 1)]
    )


def test_removing_the_living_before_the_dead_would_stop_the_cluster() -> None:
    """Of 1, 2 and 3 with 3 dead, without 2 there would be 1 and 3, and both would have to answer."""
    dead = SILENT_NS + 1
    assert stop_of(group(0, 0, dead), [2]) == (
        "without node 2, 2 of nodes 1 and 3 must answer, and node 3 does not: the cluster would stop for good; "
        "start node 3 again, or remove that one first"
    )
    assert "nodes 4 and 5 do not" in stop_of(group(0, 0, 0, dead, None), [2])
    assert stop_of(group(0, 0, dead), [3]) == ""
    assert stop_of(group(0, 0, dead), [2, 3]) == ""
    assert stop_of(group(0, 0, 0), [2]) == ""
    assert stop_of(group(0, dead), [2]) == ""
    assert stop_of(group(0, 0, 0, 0, dead), [2]) == ""


def test_who_does_not_know_does_not_judge() -> None:
    unknown = [msgspec.structs.replace(member, lag=None, contact_age_ns=None) for member in group(0, 0, 0).members]
    assert stop_of(GroupView(7, members=unknown), [2]) == ""
