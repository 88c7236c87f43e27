"""Same seed, same history: on every machine, under every hash seed, with every Python. `pytest --rewrite` writes the digests anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.sim.storms.plan import NetworkMode, draw_plan
from quorate.sim.storms.run import run_plan

GOLDEN = Path(__file__).parent / "digests.txt"

CASES: list[tuple[int, int | None, NetworkMode]] = [
    (1, None, "mixed"),
    (2, 3, "links"),
    (3, 3, "datagrams"),
    (4, 5, "links"),
    (5, 5, "datagrams"),
    (6, 7, "mixed"),
]
"""Seed, nodes (None: drawn), network."""


def name(case: tuple[int, int | None, NetworkMode]) -> str:
    seed, nodes, network = case
    return f"seed {seed}, {'any' if nodes is None else nodes} nodes, {network}"


def history(case: tuple[int, int | None, NetworkMode]) -> str:
    seed, nodes, network = case
    report = run_plan(draw_plan(seed, nodes=nodes, network_mode=network), traced=True)
    assert not report.failure, report.traceback
    return report.digest


def test_the_digests_are_what_they_were(request: pytest.FixtureRequest) -> None:
    now = [f"{name(case)}: {history(case)}" for case in CASES]
    if request.config.getoption("--rewrite"):
        GOLDEN.write_text("\n".join(now) + "\n")
    before = GOLDEN.read_text().splitlines()
    assert now == before, "the same seed has another history: if that was meant, run `pytest --rewrite`"


def test_neither_the_hash_seed_nor_the_process_matters() -> None:
    program = (
        "from quorate.sim.storms.plan import draw_plan\n"
        "from quorate.sim.storms.run import run_plan\n"
        "print(run_plan(draw_plan(5, nodes=5, network_mode='datagrams'), traced=True).digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "12345")
    }
    assert digests == {f"{history(CASES[4])}\n"}
