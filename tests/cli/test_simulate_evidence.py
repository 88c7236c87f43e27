"""What failures leave behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.bad_plan import bad_plan
from quorate.cli import simulate_evidence
from quorate.cli.simulate_evidence import MOST_SHRUNK, Kept, check_place, keep_evidence
from quorate.cli.simulate_wishes import EVIDENCE, Wishes
from quorate.core.errors import ConfigError
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.plan_file import read_plan


def test_a_failure_is_shrunk_and_kept(tmp_path: Path) -> None:
    (kept,) = keep_evidence(Wishes(out=tmp_path / "new"), [bad_plan(5)])
    assert kept.evidence is not None
    assert len(read_plan(kept.evidence.plan_file).faults) < 4
    assert kept.evidence.trace_file.exists()
    assert kept.evidence.transcript_file.read_text()
    assert kept.describe().startswith("seed 5, shrunk: InvariantBrokenError: Recovery")
    assert kept.document()["plan"] == str(kept.evidence.plan_file)


def test_what_does_not_fail_again_is_told(tmp_path: Path) -> None:
    (kept,) = keep_evidence(Wishes(out=tmp_path), [draw_plan(3, nodes=1)])
    assert kept.evidence is None
    assert "it did not fail again" in kept.describe()
    assert kept.document() == {"seed": 3, "problem": kept.problem}


def test_none_is_kept_if_none_is_wished(tmp_path: Path) -> None:
    assert keep_evidence(Wishes(no_shrink=True), [bad_plan(5)]) == []


def test_only_the_first_few_are_shrunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*arguments: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(simulate_evidence, "write_evidence", failing)
    kept = keep_evidence(Wishes(out=tmp_path), [bad_plan(seed) for seed in range(MOST_SHRUNK + 2)])
    assert [one.seed for one in kept] == list(range(MOST_SHRUNK))
    assert kept[0].describe() == f"seed 0: no evidence in {tmp_path}: No space left on device; choose another --out"


def test_ctrl_c_ends_the_shrinking_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulate_evidence, "write_evidence", interrupted)
    kept = keep_evidence(Wishes(out=tmp_path), [bad_plan(1), bad_plan(2)])
    assert kept == [Kept(1, None, "seed 1: not shrunk, as you interrupted it")]


def test_a_place_that_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ConfigError, match="is no directory"):
        check_place(Wishes(out=file))
    assert check_place(Wishes()) == EVIDENCE
    assert check_place(Wishes(out=tmp_path)) == tmp_path
