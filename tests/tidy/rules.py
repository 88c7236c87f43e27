"""The rules and scenarios of Raft that tests prove, and the table in docs/raft-rules.md that names those tests.

R1 to R40 are mistakes that others made, S-E1 and so on what their test suites try. A test carries the ids that it proves in its name:
`test_s_r4_r16_r17_the_append_table` proves S-R4, R16 and R17.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tidy.documents import Page

COUNTS = {"R": 40, "S-E": 29, "S-R": 18, "S-S": 11, "S-M": 18, "S-Q": 5, "S-C": 10, "S-D": 8, "S-X": 7}
"""How many there are of each kind: elections, replication, snapshots, members, queries, clients, disks, simulation (X)."""

IDS = tuple(f"{kind}{number}" for kind, count in COUNTS.items() for number in range(1, count + 1))

STILL_TO_COME: frozenset[str] = frozenset()
"""Those that no test proves yet. It only ever shrinks."""

NO_TEST = "to come"

MOST = 6
"""Tests that a row names. `pytest -k` finds the others."""

TestNames = Mapping[str, Mapping[str, str]]
"""id -> {name of a test: its file}."""


def ids_in(name: str) -> list[str]:
    """The ids that the name of a test carries."""
    found = re.findall(r"(?<=_)(s_[a-z]\d+|r\d+)(?=_)", name)
    return [token.upper().replace("_", "-", 1) for token in found]


def proofs(root: Path) -> dict[str, dict[str, str]]:
    """Every test that carries an id, in the order of their files."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted((root / "tests").rglob("test_*.py")):
        path = file.relative_to(root).as_posix()
        for name in re.findall(r"^ *(?:async )?def (test_\w+)\(", file.read_text(), re.MULTILINE):
            for rule in ids_in(name):
                found.setdefault(rule, {})[name] = path
    return found


def unproven(found: TestNames, waiting: Iterable[str] = STILL_TO_COME) -> list[str]:
    """Ids without a test, tests with an id that there is not, and what waits no longer."""
    waiting = set(waiting)
    return [
        *(f"{rule}: no test has it in its name" for rule in IDS if rule not in found and rule not in waiting),
        *(f"{rule}: {next(iter(found[rule]))} names it, but there is no such rule" for rule in found if rule not in IDS),
        *(f"{rule}: has a test now; take it out of STILL_TO_COME in tests/tidy/rules.py" for rule in IDS if rule in waiting & set(found)),
    ]  # fmt: skip


def rows(page: Page) -> dict[str, list[tuple[str, str]]]:
    """id -> (file, test) of each test that its row names."""
    found: dict[str, list[tuple[str, str]]] = {}
    for _, line in page.prose:
        row = re.fullmatch(r"\| ([RS][A-Z0-9-]*\d) \| .+ \| (.*) \|", line)
        if row is not None:
            found[row[1]] = list(_tests(row[2]))
    return found


def _tests(cell: str) -> Iterable[tuple[str, str]]:
    file = ""
    for word in re.findall(r"`([^`]+)`", cell):
        if word.endswith(".py"):
            file = word
        else:
            yield file, word


def wrong_rows(page: Page, found: TestNames) -> list[str]:
    """Rows that are missing, out of order, without a test that there is, or with one that there is not."""
    table = rows(page)
    offences = [f"{page.path}: no row for {rule}" for rule in IDS if rule not in table]
    if not offences and tuple(table) != IDS:
        offences.append(f"{page.path}: rows are out of order, or of rules that there are not")
    for rule, named in table.items():
        there = found.get(rule, {})
        if there and not named:
            offences.append(f"{page.path}: {rule} has a test now, {next(iter(there))}: {REMEDY}")
        offences += [
            f"{page.path}: {rule}: there is no {test} in {file}: {REMEDY}" for file, test in named if there.get(test) != file
        ]  # fmt: skip
    return offences


REMEDY = "run `pytest tests/test_docs.py --rewrite`, which fills in the tests"


def _closeness(file: str) -> int:
    """Stories first, then what looks at the algorithm alone, then whole clusters, then the rest."""
    folders = ("tests/scenarios/", "tests/paper/", "tests/algorithms/", "tests/sim/", "tests/real/")
    return next((place for place, folder in enumerate(folders) if file.startswith(folder)), len(folders))


def filled_in(page: Page, found: TestNames) -> str:
    """The page with the tests that there are in the row of their id, up to `MOST`."""

    def fill(row: re.Match[str]) -> str:
        tests = sorted(found.get(row[2], {}).items(), key=lambda test: (_closeness(test[1]), test[1]))
        by_file: dict[str, list[str]] = {}
        for name, file in tests[:MOST]:
            by_file.setdefault(file, []).append(f"`{name}`")
        cell = "; ".join(f"`{file}`: {', '.join(names)}" for file, names in by_file.items())
        more = f"; and {len(tests) - MOST} more" if len(tests) > MOST else ""
        return f"{row[1]}{cell or NO_TEST}{more} |"

    return re.sub(r"^(\| ([RS][A-Z0-9-]*\d) \| .+ \| ).* \|$", fill, page.text, flags=re.MULTILINE)
