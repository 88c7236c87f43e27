"""Bounds of the options, told in one line."""

from __future__ import annotations

import pytest

from quorate.cli.main import main
from quorate.cli.simulate_options import MAX_NODES
from quorate.sim.scenarios import scenario


def test_as_many_nodes_as_a_scenario_may_have() -> None:
    assert MAX_NODES == scenario.MAX_NODES


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--nodes", "0"], "--nodes"),
        (["--nodes", "100"], "--nodes"),
        (["--seed", "-1"], "--seed"),
        (["--seeds", "0"], "--seeds"),
        (["--seeds", "99999999"], "--seeds"),
        (["--first-seed", "-1"], "--first-seed"),
        (["--workers", "0"], "--workers"),
        (["--network", "pigeons"], "'links', 'datagrams', 'mixed'"),
        (["--seedz", "3"], "--seed"),
    ],
)
def test_what_is_out_of_bounds_is_refused(words: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", *words]) == 2
    err = capsys.readouterr().err
    assert hint in err
    assert err.count("\n") == 1
