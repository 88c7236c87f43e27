"""Nodes as rows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from rich.console import Console

from quorate.cli.table import HEADINGS, NodeRow, ago, as_lines, as_table, by_id, cells, leader_of, size
from quorate.client.results import NodeView, PeerView

LEADER = NodeView("c", 1, 101, "raft", "leader", 7, 1, 10, 9, 11, "0.1.0", ready=True, log_bytes=2048)
LEADER = msgspec.structs.replace(LEADER, peers={2: PeerView(10, "replicate", 20_000_000), 3: PeerView(0, "probe")})


def view(node: int, **changes: Any) -> NodeView:
    follower = {"id": node, "pid": 100 + node, "role": "follower", "ready": False, "peers": {}}
    return msgspec.structs.replace(LEADER, **{**follower, **changes})


ROWS = [
    NodeRow(1, "http://h:1", LEADER),
    NodeRow(2, "http://h:2", view(2)),
    NodeRow(3, "http://h:3", note="was ended by SIGKILL"),
]


def test_a_row_says_everything_under_its_heading() -> None:
    assert dict(zip(HEADINGS, cells(ROWS[1], ROWS), strict=True)) == {
        "id": "2",
        "role": "follower",
        "term": "7",
        "leader": "1",
        "commit": "10",
        "applied": "9",
        "log size": "2.0 KiB",
        "last contact": "20 ms",
        "pid": "102",
        "endpoint": "http://h:2",
    }


def test_a_node_that_says_nothing_has_a_note() -> None:
    assert cells(ROWS[2], ROWS)[:3] == ["3", "was ended by SIGKILL", "-"]


def test_why_there_is_no_leader_and_why_it_failed_is_shown() -> None:
    lost = NodeRow(2, "h", view(2, leader=None, why="1 of 3 members is reachable"))
    failed = NodeRow(2, "h", view(2, leader=None, failed="disk full"))
    assert cells(lost, [lost])[1] == "follower (1 of 3 members is reachable)"
    assert cells(failed, [failed])[1] == "failed: disk full"
    assert cells(lost, [lost])[3] == "-"


@pytest.mark.parametrize(
    ("disk", "text"),
    [("full", "disk full, read-only: free space on it"), ("hung", "its disk hangs: see to it"), ("odd", "disk odd")],
)
def test_a_disk_that_is_not_well_is_shown_with_what_to_do(disk: str, text: str) -> None:
    row = NodeRow(2, "h", view(2, disk=disk, leader=None, why="something else"))
    assert cells(row, [row])[1] == f"follower ({text})"
    failed = NodeRow(2, "h", view(2, disk=disk, failed="it died"))
    assert cells(failed, [failed])[1] == "failed: it died"


def test_the_leader_is_the_one_of_the_highest_term() -> None:
    deposed = NodeRow(2, "h", view(2, leader=2, term=6))
    assert leader_of([deposed, *ROWS]) is LEADER
    assert leader_of([ROWS[1], ROWS[2]]) is None


def test_lines_are_aligned_and_whole() -> None:
    lines = as_lines(ROWS)
    assert len(lines) == 4
    assert lines[0].split() == [
        "id",
        "role",
        "term",
        "leader",
        "commit",
        "applied",
        "log",
        "size",
        "last",
        "contact",
        "pid",
        "endpoint",
    ]
    assert [line.index("http") for line in lines[1:]] == [lines[0].index("endpoint")] * 3


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_table_of_up_fits_an_ordinary_terminal(width: int) -> None:
    console = Console(width=width, force_terminal=False, record=True)
    with console.capture() as capture:
        console.print(as_table(ROWS[:2], endpoints=False))
    text = capture.get()
    assert max(map(len, text.splitlines())) <= width
    if width >= 80:
        assert "last contact" in text
        assert "follower" in text


def test_markup_from_outside_is_shown_as_it_is() -> None:
    row = NodeRow(1, "h", note="[red]boo[/red]")
    console = Console(width=200)
    with console.capture() as capture:
        console.print(as_table([row]))
    assert "[red]boo[/red]" in capture.get()


def test_rows_are_ordered_by_node_with_the_silent_last() -> None:
    silent = NodeRow(None, "a")
    assert by_id({"a": silent, "b": ROWS[1], "c": ROWS[0]}) == [ROWS[0], ROWS[1], silent]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (64 * 2**20, "64.0 MiB"), (2**60, "1048576.0 TiB")],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(("nanos", "text"), [(0, "0 ms"), (999_400_000, "999 ms"), (1_500_000_000, "1.5 s")])
def test_spans(nanos: int, text: str) -> None:
    assert ago(nanos) == text
