"""`quorate status --why` against served nodes."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from cli.site_thread import SiteThread, site
from quorate.cli.main import main
from quorate.cli.why import TITLES, WhyRow, lines, show
from quorate.client.results import FindingView, WhyView
from quorate.core.finding import QUESTIONS

ROWS = [
    WhyRow("http://a", WhyView(1, "leader", [FindingView("slow", "silent", "node 3 is [silent]", 3)])),
    WhyRow("http://b", problem="cannot connect: Connection refused"),
]


def test_every_question_has_a_title() -> None:
    assert tuple(TITLES) == QUESTIONS


def test_each_question_is_answered_in_prose(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--why", "-e", served.url]) == 0
    text = capsys.readouterr().out
    assert text.startswith("id  role")
    assert text.endswith(
        "\nWho leads, or why nobody does\n  node 1: this node leads term 3\n"
        "\nWhy a proposal is not decided\n  node 1: entry 11 waits for 1 more of nodes 2 and 3\n"
        "\nWhy a node does not vote or campaign\n  node 1: it leads\n"
        "\nWho is slow\n  node 1: node 3 lacks 11 entries, and has not answered for 2.1 s\n"
    )


def test_nodes_that_say_nothing_come_with_what_that_may_mean(
    served: SiteThread, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--why", "-e", "127.0.0.1:9", "-e", served.url]) == 0
    text = capsys.readouterr().out
    assert (
        "http://127.0.0.1:9 says nothing (cannot connect: Connection refused): its process does not run, or hangs"
        in text
    )


def test_json_has_the_answers_of_each_node(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    with site(2) as other:
        assert main(["status", "--why", "--json", "-e", served.url, "-e", other.url, "-e", "127.0.0.1:9"]) == 0
    nodes = json.loads(capsys.readouterr().out)["nodes"]
    first = nodes[0]["why"]
    assert (first["id"], first["findings"][0]["code"], first["recent"][0]["reason"]) == (1, "leads", "leader_elected")
    assert (nodes[1]["why"]["id"], nodes[2]["why"]) == (2, None)


def test_without_it_nothing_is_said_of_it(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json", "-e", served.url]) == 0
    assert "why" not in json.loads(capsys.readouterr().out)["nodes"][0]


def test_a_look_at_one_moment_is_not_watched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--why", "--watch"]) == 2
    assert "--why is a look at one moment" in capsys.readouterr().err


def test_on_a_terminal_there_is_a_table_for_each_question() -> None:
    out = io.StringIO()
    show(Console(file=out, width=100, force_terminal=False), ROWS)
    for title in TITLES.values():
        assert title in out.getvalue()
    assert "node 3 is [silent]" in out.getvalue()
    assert out.getvalue().startswith("http://b says nothing (cannot connect")


def test_lines_are_not_folded() -> None:
    assert lines(ROWS)[-1] == "  node 1: node 3 is [silent]"
