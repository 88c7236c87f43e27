"""`quorate compare`: options, output, and the page that is kept in docs/."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quorate.cli import compare as module
from quorate.cli.claims import verdicts
from quorate.cli.compare import command_line, files, text
from quorate.cli.entrants import default_entrants
from quorate.cli.main import main
from quorate.sim.compare import run
from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.results import Comparison, Setting, decode
from quorate.sim.compare.run import Task, perform
from quorate.sim.compare.trials.table import TRIALS
from sim.compare.biggest import in_catalog
from sim.compare.sample import comparison
from tidy.source import ROOT

KEPT = ROOT / "docs" / "comparison"
RENEW = "its figures are old: quorate compare --out docs/comparison"


@pytest.fixture
def few_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few that a command takes no time."""
    monkeypatch.setattr(run, "TRIALS", {name: TRIALS[name] for name in ("dies", "rest")})


FEW = ("--nodes", "3", "--sizes", "3,4", "--seeds", "2", "--workers", "1")


@pytest.mark.usefixtures("few_trials")
def test_a_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *FEW, "-a", "raft"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[0].split() == ["raft"]
    assert "process dies, messages" in captured.out
    assert "3 nodes; 2 seeds, 0 to 1; simulated time." in " ".join(captured.out.split())
    assert "There is nothing to compare with yet: raft is alone." in captured.out
    assert "not yet: bully: " in captured.out
    assert captured.err == ""


@pytest.mark.usefixtures("few_trials")
def test_what_is_in_the_catalog_comes_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with in_catalog("aardvark"):
        assert main(["compare", *FEW]) == 0
    out = capsys.readouterr().out
    assert "\n  aardvark " in out
    assert "nothing to compare" not in out


@pytest.mark.usefixtures("few_trials")
def test_json_and_files_are_the_same_each_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "down"
    assert main(["compare", *FEW, "--json", "--out", str(out), "-a", "raft", "-a", "raft,fast_failover=false"]) == 0
    first = capsys.readouterr()
    written = {path.name: path.read_bytes() for path in out.iterdir()}
    assert first.out.encode() == written["figures.json"]
    assert set(written) == {
        "README.md",
        "figures.json",
        "election-time.svg",
        "messages-process-dies.svg",
        "heartbeats.svg",
    }
    assert first.err.startswith(f"written to {out}: README.md, figures.json, ")
    document = json.loads(first.out)
    assert [one["label"] for one in document["entrants"]] == ["raft", "raft,fast_failover=false"]
    assert document["entrants"][1]["options"] == {"fast_failover": False}
    assert main(["compare", *FEW, "--json", "--out", str(out), "-a", "raft", "-a", "raft,fast_failover=false"]) == 0
    assert capsys.readouterr().out == first.out
    assert {path.name: path.read_bytes() for path in out.iterdir()} == written


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--algorithm", "paxos"], "there is no algorithm 'paxos'"),
        (["--algorithm", "raft,speed=3"], "raft has no setting 'speed'"),
        (["--algorithm", "raft,heartbeat_ms"], "is not NAME or NAME,OPTION=VALUE"),
        (["--algorithm", "raft,heartbeat_ms=1,heartbeat_ms=2"], "each option once"),
        (["--algorithm", "raft,heartbeat_ms=[1]"], "heartbeat_ms is to be a number"),
        (["--algorithm", "raft,heartbeat_ms=0"], "raft,heartbeat_ms=0: heartbeat_ms = 0 is too small"),
        (["-a", "raft", "-a", "raft"], "raft is to be compared with itself"),
        (["--nodes", "2"], "--nodes 2 is not from 3 to 101"),
        (["--sizes", "3,x"], '--sizes "3,x" are not numbers from 3 to 101'),
        (["--sizes", "3,500"], "are not numbers from 3 to 101"),
        (["--sizes", ",".join(map(str, range(3, 40)))], "names 37 sizes; at most 20"),
        (["--seeds", "0"], "--seeds 0 is not from 1 to 1000"),
        (["--seeds", "99999"], "--seeds 99999 is not from 1 to 1000"),
        (["--workers", "5000"], "--workers 5000 is more than 1024"),
        (["--out", str(ROOT / "pyproject.toml")], "is a file; name a folder"),
    ],
)
def test_wrong_usage_is_one_line(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err
    assert captured.err.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_named_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["compare", "--out", str(tmp_path / "file" / "below")]) == 1
    assert "below" in capsys.readouterr().err


def test_a_rule_that_breaks_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> Comparison:
        raise run.TrialFailedError("raft, trial 'cold', 3 nodes, seed 4: no good")

    monkeypatch.setattr(run, "compare", broken)
    assert main(["compare", *FEW]) == 1
    assert capsys.readouterr().err == "quorate: raft, trial 'cold', 3 nodes, seed 4: no good\n"


def test_quick_is_few_of_everything_but_what_was_asked_for() -> None:
    assert module._setting(5, None, None, 0, quick=True) == Setting(5, (3, 5, 9), 3, 0)
    assert module._setting(5, "9,3,3", 7, 2, quick=True) == Setting(5, (3, 9), 7, 2)
    assert module._setting(5, None, None, 0, quick=False) == Setting()


def test_the_command_that_measures_the_same_again() -> None:
    usual = Comparison(Setting(), tuple(default_entrants()), (), ())
    assert command_line(usual) == "quorate compare"
    variant = Entrant("raft,fast_failover=false", "raft", {"fast_failover": False})
    other = Comparison(Setting(7, (3, 5), 4, 9), (variant,), (), ())
    assert command_line(other) == (
        "quorate compare --algorithm raft,fast_failover=false --nodes 7 --sizes 3,5 --seeds 4 --first-seed 9"
    )


@pytest.mark.parametrize("width", [20, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    found = comparison("raft", "zab")
    assert all(len(line) <= max(80, width) for line in text(found, verdicts(found), width).splitlines())


def kept() -> Comparison:
    return decode((KEPT / "figures.json").read_bytes())


def test_the_page_in_docs_is_what_its_figures_make() -> None:
    found = kept()
    made = files(found, verdicts(found))
    assert sorted(made) == sorted(path.name for path in KEPT.iterdir()), RENEW
    for name, content in made.items():
        assert (KEPT / name).read_bytes() == content, f"docs/comparison/{name} is not what the code makes of {RENEW}"


def test_the_figures_in_docs_are_those_of_the_code_for_a_cheap_cell() -> None:
    """Not all of them: that takes minutes."""
    found = kept()
    assert list(found.entrants) == default_entrants(), RENEW
    for entrant in found.entrants:
        for trial in ("rest", "vanishes"):
            cell = found.cell(entrant.label, trial, 3)
            assert cell is not None
            seen = perform(Task(entrant, trial, 3, found.setting.first_seed)).observation
            assert {name: values[0] for name, values in cell.values.items()} == seen.values, RENEW


def test_no_claim_in_docs_is_left_out() -> None:
    page = (KEPT / "README.md").read_text()
    prose = (ROOT / "docs" / "comparison.md").read_text()
    for verdict in verdicts(kept()):
        assert verdict.claim in page
        assert verdict.claim in prose, f"docs/comparison.md does not hold the claim {verdict.claim!r}"
