"""The pytest plugin, as users meet it: installed, in a pytest run of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.sim.pytest_plugin import natural

MACHINES = """
import time


class Counter:
    def __init__(self):
        self.value = 0
        self.restored = False

    def apply(self, command):
        self.value += int(command)
        return self.value

    def snapshot(self):
        return str(self.value).encode()

    def restore(self, chunks):
        self.value = int(b"".join(chunks))
        self.restored = True


class Clocked(Counter):
    def apply(self, command):
        self.value = time.time()


class Walking(Counter):
    def apply(self, command):
        return str({"one", "two", "three", "four"})


class Lossy(Counter):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def apply(self, command):
        self.calls += 1
        return self.calls


def draw(random):
    return str(random.randint(1, 9)).encode()


def never_restored(counter):
    assert not counter.restored
"""

FIRST = """
import sys

def test_nobody_has_used_it_yet():
    names = {name for name in sys.modules if name.partition(".")[0] in ("quorate", "msgspec", "rich")}
    assert names == {"quorate", "quorate.version", "quorate.sim", "quorate.sim.pytest_plugin"}
"""

GOOD = """
def test_good_storm(quorate_storm):
    assert quorate_storm(Counter, commands=draw, seeds=2).seeds in (1, 2)

def test_good_cluster(quorate_cluster):
    cluster = quorate_cluster(Counter, nodes=3, seed=5)
    assert cluster.seed == 5
    cluster.wait_for_leader()
    assert cluster.apply(1, b"4").results == [4]
"""

BAD = """
import pytest

@pytest.mark.parametrize("machine", [Clocked, Walking, Lossy])
def test_bad_machine(quorate_storm, machine):
    quorate_storm(machine, commands=draw, seeds=1)

def test_bad_check(quorate_storm):
    quorate_storm(Counter, commands=draw, check=never_restored, seeds=60, shrink_s=0, workers=1)

def test_seed_of_the_option(quorate_cluster):
    assert quorate_cluster(Counter).seed < 0

def test_seed_of_the_test(quorate_cluster):
    assert quorate_cluster(Counter, seed=6).seed < 0
"""

REPLAYED = re.compile(r"pytest (test_mine.py::test_bad_check) --quorate-seed (\d+)")


def pytest_in(directory: Path, tests: str, *arguments: str) -> tuple[int, str]:
    """Run pytest on a file of `MACHINES` and `tests`, without any settings of ours."""
    (directory / "test_mine.py").write_text(MACHINES + tests)
    (directory / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    quietly = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-W", "error"]
    command = [sys.executable, "-m", "pytest", *quietly, *arguments, "test_mine.py"]
    done = subprocess.run(command, cwd=directory, check=False, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What one run over everything prints."""
    code, printed = pytest_in(tmp_path_factory.mktemp("mine"), FIRST + GOOD + BAD)
    assert code == 1, printed
    return printed


def test_good_machines_pass_and_who_does_not_use_it_does_not_pay_for_it(output: str) -> None:
    assert re.search(r"\b6 failed, 3 passed\b", output), output
    assert not re.search("FAILED.*(good|nobody)", output), output


def test_a_bad_machine_fails_with_the_command_that_it_failed_at(output: str) -> None:
    for message in (
        r"rule 'clock': Clocked: apply of b'\d' \(command 1\) calls time\.time\(\) at \S+test_mine\.py:\d+\.",
        r"rule 'hash-order': Walking: apply of b'\d' \(command 1\) gives two results, under PYTHONHASHSEED=1 and \d\.",
        r"rule 'result': Lossy: apply of b'\d' \(command 21\) gives two results\. One copy: 21; the other: 1\.",
    ):
        assert re.search(message, output), message
    assert "copies.py" not in output, "where in the guard it was found is of no use to anybody"


def test_a_failing_test_of_a_cluster_prints_its_seed(output: str) -> None:
    assert "seed 0: pytest test_mine.py::test_seed_of_the_option --quorate-seed 0" in output
    assert "seed 6: as the test says" in output
    assert "seed 5" not in output, "that test passes"


def test_a_failing_storm_prints_the_command_that_replays_it(output: str, tmp_path: Path) -> None:
    found = REPLAYED.search(output)
    assert found is not None, output
    failure = f"StormFailedError: seed {found[2]}: InvariantBrokenError: Your check: never_restored"
    assert failure in output
    assert f"quorate: traceback of seed {found[2]}" in output
    code, again = pytest_in(tmp_path, BAD + GOOD, "-k", "check or option or good", "--quorate-seed", found[2])
    assert code == 1, again
    assert failure in again
    assert f"seed {found[2]}: pytest test_mine.py::test_seed_of_the_option" in again
    assert re.search(r"\b2 failed, 2 passed\b", again), again


def test_it_works_with_xdist(tmp_path: Path) -> None:
    code, output = pytest_in(tmp_path, GOOD, "-n", "2", "--quorate-seeds", "1")
    assert code == 0, output
    assert "2 passed" in output


def test_a_wrong_option_is_refused(tmp_path: Path) -> None:
    code, output = pytest_in(tmp_path, "", "--quorate-seed", "-4")
    assert code == 4
    assert "argument --quorate-seed: invalid natural value: '-4'" in output


def test_the_options_are_there(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.getoption("--quorate-seed") is None
    assert pytestconfig.getoption("--quorate-seeds") is None


def test_seeds_are_natural_numbers() -> None:
    assert natural("0") == 0
    for wrong in ("-1", "x", "1.5"):
        with pytest.raises(ValueError, match=re.escape(wrong)):
            natural(wrong)
