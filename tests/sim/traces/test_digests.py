"""Same seed, same history: on every machine, under every hash seed, with every Python. `pytest --rewrite` writes the digests anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TypeAlias

import pytest

from quorate.sim.storms.plan import NetworkMode, draw_plan
from quorate.sim.storms.run import run_plan

GOLDEN = Path(__file__).parent / "digests.txt"

Case: TypeAlias = tuple[str, int, int | None, NetworkMode]
"""Algorithm, seed, nodes (None: drawn), network."""

CASES: list[Case] = [
    ("raft", 1, None, "mixed"),
    ("raft", 2, 3, "links"),
    ("raft", 3, 3, "datagrams"),
    ("raft", 4, 5, "links"),
    ("raft", 5, 5, "datagrams"),
    ("raft", 6, 7, "mixed"),
    ("zab", 1, None, "links"),
    ("zab", 2, 3, "links"),
    ("zab", 4, 5, "links"),
    ("zab", 6, 7, "links"),
]


def name(case: Case) -> str:
    algorithm, seed, nodes, network = case
    return f"{algorithm}, seed {seed}, {'any' if nodes is None else nodes} nodes, {network}"


def history(case: Case) -> str:
    algorithm, seed, nodes, network = case
    report = run_plan(draw_plan(seed, algorithm, nodes=nodes, network_mode=network), traced=True)
    assert not report.failure, report.traceback
    return report.digest


def test_the_digests_are_what_they_were(request: pytest.FixtureRequest) -> None:
    now = [f"{name(case)}: {history(case)}" for case in CASES]
    if request.config.getoption("--rewrite"):
        GOLDEN.write_text("\n".join(now) + "\n")
    before = GOLDEN.read_text().splitlines()
    assert now == before, "the same seed has another history: if that was meant, run `pytest --rewrite`"


@pytest.mark.parametrize("case", [CASES[4], CASES[8]], ids=name)
def test_neither_the_hash_seed_nor_the_process_matters(case: Case) -> None:
    algorithm, seed, nodes, network = case
    program = (
        "from quorate.sim.storms.plan import draw_plan\n"
        "from quorate.sim.storms.run import run_plan\n"
        f"print(run_plan(draw_plan({seed}, {algorithm!r}, nodes={nodes}, network_mode={network!r}), traced=True).digest)"
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
    assert digests == {f"{history(case)}\n"}
