"""What is shown while a cluster runs."""

from __future__ import annotations

import io
import os

import msgspec
import pytest
from rich.console import Console

from cli.test_table import LEADER, ROWS, view
from quorate.cli.board import LineBoard, LiveBoard, board_for
from quorate.cli.table import NodeRow


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None, _environ={})


def shown(target: Console) -> list[str]:
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue().splitlines()


def test_a_terminal_gets_a_live_table_and_a_file_gets_lines() -> None:
    assert isinstance(board_for(console(terminal=True)), LiveBoard)
    assert isinstance(board_for(console(terminal=False)), LineBoard)


def test_lines_begin_with_the_whole_table() -> None:
    target = console(terminal=False)
    board = LineBoard(target)
    board.show([NodeRow(1, "h", view(1, leader=None))])
    assert shown(target) == []
    board.show(ROWS)
    assert len(shown(target)) == 4


def test_growing_indexes_are_no_news_and_roles_are() -> None:
    target = console(terminal=False)
    board = LineBoard(target)
    board.show(ROWS)
    grown = [NodeRow(1, ROWS[0].endpoint, msgspec.structs.replace(LEADER, commit=99, applied=99)), *ROWS[1:]]
    board.show(grown)
    assert len(shown(target)) == 4
    lost = NodeRow(2, ROWS[1].endpoint, view(2, leader=None, role="candidate", term=8, why="no votes"))
    board.show([grown[0], lost, ROWS[2]])
    board.show([grown[0], lost, ROWS[2]])
    assert shown(target)[4:] == ["node 2: candidate, term 8, no leader (no votes), pid 102"]
    board.show([grown[0], ROWS[1], NodeRow(3, ROWS[2].endpoint, view(3))])
    assert shown(target)[5:] == [
        "node 2: follower, term 7, leader 1, pid 102",
        "node 3: follower, term 7, leader 1, pid 103",
    ]
    board.close()


def test_news_stay_on_one_line_however_long_and_as_they_are() -> None:
    for terminal in (True, False):
        target = console(terminal=terminal)
        board = board_for(target)
        board.say("[red]" + "x" * 300)
        assert shown(target) == ["[red]" + "x" * 300]


def test_the_live_table_is_left_standing() -> None:
    target = console(terminal=True)
    board = LiveBoard(target)
    board.show(ROWS)
    board.say("node 3 died")
    board.show(ROWS)
    board.close()
    board.close()
    text = "\n".join(shown(target))
    assert "leader" in text
    assert "node 3 died" in text


def test_when_the_reader_has_gone_even_no_news_ends_it() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as file:
        board = LineBoard(Console(file=file, width=100))
        board.show(ROWS)
        board.show(ROWS)
        os.close(reading)
        with pytest.raises(BrokenPipeError):
            board.show(ROWS)
