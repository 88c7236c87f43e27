"""The checklist of scenarios and rules that others' bugs have taught, against the tests that there are."""

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent

SCENARIOS = {
    "e": set(range(1, 30)),  # elections
    "r": set(range(1, 19)),  # replication and commit
    "s": {1, 2, 3, 4, 5, 7, 8, 9, 11},  # snapshots; 6 is about members that change, 10 about backups of users
    "q": {1, 2, 3, 4},  # reads; 5 is about leases
    "c": {1, 2, 4},  # clients; the others are about the node as a whole
    "d": {2, 3, 5},  # storage; the others are about files
}
"""Those that the core alone can meet."""

RULES = {*range(1, 11), *range(13, 25), *range(34, 39)}
"""Those that the core alone can break: not of leases, transfer, membership (11, 12, 25 to 33), nor of the state machine (39, 40)."""


def text() -> str:
    """All tests of the core, but for this file."""
    folders = ("paper", "scenarios", "properties", "algorithms")
    files = [file for folder in folders for file in sorted((TESTS / folder).rglob("*.py")) if file != Path(__file__)]
    assert len(files) > 20
    return "\n".join(file.read_text() for file in files)


def test_every_scenario_has_a_test_of_its_name() -> None:
    found = {(kind, int(number)) for kind, number in re.findall(r"def test_s_([a-z])(\d+)_", text())}
    wanted = {(kind, number) for kind, numbers in SCENARIOS.items() for number in numbers}
    assert found == wanted


def test_every_rule_is_named_by_a_test_that_would_fail_without_it() -> None:
    found = {int(number) for number in re.findall(r"(?<!S-)\bR(\d+)\b", text())}
    assert found >= RULES, f"no test names R{sorted(RULES - found)}"
