"""`quorate status` against served nodes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from cli.site_thread import SiteThread, site
from quorate.cli.main import main
from server.fake_node import status_of


def test_a_table_without_a_terminal_is_plain_lines(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "-e", served.url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("id  role")
    assert lines[1].split()[:6] == ["1", "leader", "3", "1", "10", "9"]
    assert lines[1].endswith(served.url)


def test_json_has_the_leader_and_every_node(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    with site(2) as other:
        other.tell(lambda: setattr(other.node, "known", status_of(2, role="follower", ready=False)))
        code = main(["status", "--json", "-e", other.url, "-e", served.url, "-e", "127.0.0.1:9"])
    document = json.loads(capsys.readouterr().out)
    assert code == 0
    assert document["leader"] == 1
    assert [node["status"] and node["status"]["id"] for node in document["nodes"]] == [1, 2, None]
    assert document["nodes"][1]["endpoint"] == other.url
    assert "cannot connect" in document["nodes"][2]["problem"]


def test_nobody_who_answers_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "-e", "127.0.0.1:9"]) == 1
    captured = capsys.readouterr()
    assert "cannot connect" in captured.out
    assert "no node answers at 127.0.0.1:9; start a cluster with `quorate up`" in captured.err


def test_no_leader_is_1_with_the_reason(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    served.tell(lambda: setattr(served.node, "known", status_of(leader=None, role="follower", why="2 votes missing")))
    assert main(["status", "-e", served.url]) == 1
    assert "no node knows a leader (2 votes missing)" in capsys.readouterr().err


def test_wrong_usage_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--wach"], ["extra"], ["--timeout", "0"], ["--endpoint", "::"]):
        assert main(["status", *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(("flags", "begins"), [([], "id  role"), (["--json"], '{"leader":1')])
def test_watching_goes_on_until_it_is_interrupted(served: SiteThread, flags: list[str], begins: str) -> None:
    command = [sys.executable, "-m", "quorate.cli.main", "status", "--watch", *flags, "-e", served.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith(begins)
        served.tell(lambda: setattr(served.node, "known", status_of(term=99)))
        while "99" not in child.stdout.readline():
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 0
