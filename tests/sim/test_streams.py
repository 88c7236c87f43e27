"""Random streams depend on seed and purpose, and on nothing else."""

import os
import subprocess
import sys

from quorate.sim.streams import derive, stream


def test_a_stream_repeats_and_purposes_are_independent() -> None:
    assert stream(1, "link", 1, 2).random() == stream(1, "link", 1, 2).random()
    values = {derive(seed, *purpose) for seed in (1, 2) for purpose in (("link", 1, 2), ("link", 2, 1), ("client", 1))}
    assert len(values) == 6


def test_known_values_so_that_a_seed_means_the_same_tomorrow() -> None:
    assert derive(7, "fault") == 5067444353165930498
    assert stream(7, "fault").randrange(10**9) == 558326461


def test_the_hash_seed_does_not_matter() -> None:
    program = "from quorate.sim.streams import derive; print(derive(5, 'node', 3))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "12345")
    }
    assert outputs == {f"{derive(5, 'node', 3)}\n"}
