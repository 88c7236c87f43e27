"""`quorate members` against a served node."""

from __future__ import annotations

import json

import msgspec
import pytest

from cli.site_thread import SiteThread
from quorate.cli.main import main
from quorate.core.errors import RequestFailedError
from quorate.core.reconfigure import Add, Change, Demote, Promote, Remove, Update
from quorate.core.requests import ChangeMembers, LeaveJoint
from server.fake_node import group_of, status_of


def test_the_list_is_a_table_with_a_first_line(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["members", "list", "-e", served.url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "configuration 7, committed"
    assert lines[1].split()[:3] == ["id", "role", "address"]
    assert lines[2].split()[:4] == ["1", "voter,", "leads", "10.0.0.1:7100"]


def test_json(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["members", "list", "--json", "-e", served.url]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["index"], document["node"], document["joint"]) == (7, 1, False)
    assert [member["role"] for member in document["members"]] == ["voter"] * 3


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (["add", "4", "h:1"], (Add(4, "h:1", wants_vote=True),)),
        (["add", "4", "h:1", "--learner", "--priority", "2"], (Add(4, "h:1", 0, 2),)),
        (["remove", "3"], (Remove(3),)),
        (["remove", "2", "3"], (Remove(2), Remove(3))),
        (["remove", "2", "--force"], (Remove(2),)),
        (["promote", "3"], (Promote(3),)),
        (["demote", "3"], (Demote(3),)),
        (["replace", "3", "4", "h:1"], (Add(4, "h:1", wants_vote=True, replaces=3),)),
        (["update", "3", "--address", "h:9"], (Update(3, "h:9"),)),
        (["update", "3", "--priority", "-1"], (Update(3, None, -1),)),
    ],
)
def test_each_change_is_made_and_shown(
    served: SiteThread, capsys: pytest.CaptureFixture[str], words: list[str], changes: tuple[Change, ...]
) -> None:
    assert main(["members", *words, "-e", served.url]) == 0
    assert main(["members", *words, "--expected", "7", "-e", served.url]) == 0
    assert served.node.requests == [ChangeMembers(changes), ChangeMembers(changes, 7)]
    assert capsys.readouterr().out.splitlines()[0] == "configuration 7, committed"


def test_a_change_that_waits_half_done_is_named_and_ended(
    served: SiteThread, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = status_of(group=group_of(1, 2, 3, joint=True, auto_leave=False))
    served.tell(lambda: setattr(served.node, "known", waiting))
    assert main(["members", "leave-joint", "-e", served.url]) == 0
    assert served.node.requests == [LeaveJoint()]
    assert "`quorate members leave-joint` ends it" in capsys.readouterr().err


def test_a_newcomer_can_be_awaited(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    served.tell(lambda: setattr(served.node, "known", status_of(group=group_of(1, 2, 3, 4))))
    assert main(["members", "add", "4", "h:1", "--wait", "-e", served.url]) == 0
    assert main(["members", "replace", "3", "4", "h:1", "--wait", "-e", served.url]) == 0
    captured = capsys.readouterr()
    assert captured.err.count("warning: 4 voters survive the loss of 1") == 2


def test_r33_people_are_warned_before_two_voters_hurt_them(
    served: SiteThread, capsys: pytest.CaptureFixture[str]
) -> None:
    served.tell(lambda: setattr(served.node, "known", status_of(group=group_of(1, 2))))
    assert main(["members", "remove", "3", "-e", served.url]) == 0
    told = capsys.readouterr().err
    assert "warning: two voters: the loss of either stops everything" in told
    assert "quorate recover" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("command", ["remove", "demote"])
def test_a_step_that_would_stop_the_cluster_is_not_taken(
    served: SiteThread, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Node 3 is dead, and 2 is to go."""
    group = group_of(1, 2, 3)
    dead = msgspec.structs.replace(group.members[2], contact_age_ns=None)
    known = status_of(group=msgspec.structs.replace(group, members=(*group.members[:2], dead)))
    served.tell(lambda: setattr(served.node, "known", known))
    assert main(["members", command, "2", "-e", served.url]) == 1
    assert "remove that one first; --force does it all the same" in capsys.readouterr().err
    assert served.node.requests == []
    assert main(["members", command, "2", "--force", "-e", served.url]) == 0


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (RequestFailedError("not_a_member"), 1, "no member with this id"),
        (RequestFailedError("id_taken"), 1, "take an id that was never used"),
        (RequestFailedError("configuration_changed"), 1, "has another index than expected"),
        (RequestFailedError("timeout (change_under_way)"), 1, "another change of members is not finished yet"),
        (RequestFailedError("timeout (no_leader)"), 1, "a change of members, a removal too, needs 2 of the voters"),
        (RequestFailedError("timeout", uncertain=True), 4, "look at the status before you ask again"),
    ],
)
def test_a_refusal_is_one_line_with_its_remedy(
    served: SiteThread, capsys: pytest.CaptureFixture[str], error: RequestFailedError, code: int, says: str
) -> None:
    served.tell(lambda: setattr(served.node, "change_fault", error))
    assert main(["members", "remove", "3", "--timeout", "0.3", "-e", served.url]) == code
    complaint = capsys.readouterr().err
    assert says in complaint
    assert complaint.count("\n") == 1


def test_wrong_usage_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["add", "0", "h:1"],
        ["add", "4"],
        ["remove"],
        ["remove", "three"],
        ["update", "3"],
        ["promote", "3", "--expected", "-1"],
    ):
        assert main(["members", *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1
