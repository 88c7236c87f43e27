"""The house keeps its plan: floors, limits, purity, and every module tested and used.

Each rule is one test over the whole project. Right below it stands its positive control: a known offence, to prove
that the rule bites, and where it matters an innocent look-alike.
"""

from collections.abc import Sequence

import pytest

from tidy import floors, purity, shape, words
from tidy.source import ROOT, Module, load, snippet

SOURCE = load("src")
TESTS = load("tests")
OTHERS = [*load("examples"), *load("benchmarks"), *load("scripts")]

RATCHET: dict[str, tuple[int, str]] = {}
"""Files over the limit of lines: path -> (lines it may have, why). Only ever lowered."""

CATALOG = snippet("quorate.algorithms.catalog", "")
RAFT = Module("quorate.algorithms.raft", "src/quorate/algorithms/raft/__init__.py", "")
ZAB = Module("quorate.algorithms.zab", "src/quorate/algorithms/zab/__init__.py", "")


def none(findings: Sequence[str]) -> None:
    """Fail with every finding on a line of its own, and nothing else."""
    if findings:
        pytest.fail("\n".join([f"{len(findings)} offences:", *findings]), pytrace=False)


def one(findings: Sequence[str], where: str) -> None:
    """Exactly one finding, at that place."""
    assert len(findings) == 1, findings
    assert findings[0].startswith(f"{where}: "), findings[0]


def test_the_project_is_there() -> None:
    """Every rule below holds for an empty list: make sure that there is something to hold them against."""
    assert len(SOURCE) > 20
    assert any(module.name == "quorate.core.effects" for module in SOURCE)
    assert any(module.path == "tests/test_tidy.py" for module in TESTS)


# --- floors


def test_every_file_is_on_the_floor_plan() -> None:
    none(floors.unplanned(SOURCE))


def test_a_file_off_the_plan_is_caught() -> None:
    one(floors.unplanned([snippet("quorate.helpers.misc", "")]), "src/quorate/helpers/misc.py:1")


def test_stairs_go_down_only() -> None:
    none(floors.climbing(SOURCE))


def test_an_import_upwards_is_caught() -> None:
    disk = snippet("quorate.storage.disk", "")
    bad = snippet("quorate.core.bad", "import zlib\n\ndef f():\n    from quorate.storage import disk\n")
    one(floors.climbing([bad, disk]), "src/quorate/core/bad.py:4")
    assert not floors.climbing([snippet("quorate.runtime.good", "from quorate.storage.disk import Disk"), disk])


def test_an_import_sideways_is_caught() -> None:
    sim = snippet("quorate.sim.world", "")
    bad = snippet("quorate.real.bad", "from quorate.sim.world import World")
    one(floors.climbing([bad, sim]), "src/quorate/real/bad.py:1")
    good = snippet("quorate.sim.good", "from .world import World")
    assert not floors.climbing([good, sim])


def test_the_front_door_is_for_users() -> None:
    door = Module("quorate", "src/quorate/__init__.py", "")
    one(floors.climbing([snippet("quorate.real.bad", "from quorate import Node"), door]), "src/quorate/real/bad.py:1")
    assert not floors.climbing([snippet("quorate.cli.good", "import quorate"), door])


def test_algorithms_do_not_know_each_other() -> None:
    none(floors.mingling(SOURCE))


def test_algorithms_that_know_each_other_are_caught() -> None:
    bad = snippet("quorate.algorithms.raft.bad", "from quorate.algorithms.zab import Vote")
    one(floors.mingling([bad, RAFT, ZAB, CATALOG]), "src/quorate/algorithms/raft/bad.py:1")
    above = snippet("quorate.server.bad", "import quorate.algorithms.raft")
    one(floors.mingling([above, RAFT, ZAB, CATALOG]), "src/quorate/server/bad.py:1")
    room = Module("quorate.algorithms.logged", "src/quorate/algorithms/logged/__init__.py", "")
    climber = snippet("quorate.algorithms.logged.bad", "from quorate.algorithms.raft import core")
    one(floors.mingling([climber, room, RAFT, ZAB, CATALOG]), "src/quorate/algorithms/logged/bad.py:1")
    sharing = snippet("quorate.algorithms.raft.good", "from quorate.algorithms.logged import log")
    assert not floors.mingling([sharing, room, RAFT, ZAB, CATALOG])
    catalog = snippet("quorate.algorithms.catalog", "from quorate.algorithms import raft, zab")
    own = snippet("quorate.algorithms.raft.log", "from quorate.algorithms.raft import core")
    assert not floors.mingling([catalog, own, RAFT, ZAB])
    electing = Module("quorate.algorithms.electing", "src/quorate/algorithms/electing/__init__.py", "")
    shared = snippet("quorate.algorithms.zab.good", "from quorate.algorithms.electing import epoch")
    assert not floors.mingling([shared, electing, RAFT, ZAB, CATALOG])
    nosy = snippet("quorate.algorithms.electing.bad", "from quorate.algorithms.zab import Vote")
    one(floors.mingling([nosy, electing, RAFT, ZAB, CATALOG]), "src/quorate/algorithms/electing/bad.py:1")


def test_no_floor_below_knows_an_algorithm_by_name() -> None:
    none(floors.naming(SOURCE))


def test_the_name_of_an_algorithm_is_caught() -> None:
    for text in ('kind = "raft"', "class ZabLink: ...", "def f(raft_term): ...", 'x = f"is {1} bully"', "a.RAFT = 1"):
        one(floors.naming([snippet("quorate.sim.bad", text)]), "src/quorate/sim/bad.py:1")
    innocent = '"""As in Raft."""\ndraft = "a craft"  # raft\n\ndef f():\n    """Raft 5.2."""\n'
    assert not floors.naming([snippet("quorate.sim.good", innocent)])
    assert not floors.naming([snippet("quorate.server.good", 'key = "raft_term"')])


def test_no_import_goes_round_in_circles() -> None:
    none(floors.cycles(SOURCE))


def test_an_import_cycle_is_caught() -> None:
    first = snippet("quorate.core.first", "from quorate.core.second import x")
    second = snippet("quorate.core.second", "from quorate.core import third")
    third = snippet("quorate.core.third", "def f():\n    from quorate.core import first\n")
    (finding,) = floors.cycles([first, second, third])
    assert "quorate.core.first -> quorate.core.second -> quorate.core.third -> quorate.core.first" in finding
    assert not floors.cycles([first, second])


# --- purity


def test_the_lower_floors_do_not_touch_the_outside() -> None:
    none(purity.outside(SOURCE))


def test_touching_the_outside_is_caught() -> None:
    bans = {
        "quorate.core.bad": ["import asyncio", "import socket", "from time import monotonic", "import logging"],
        "quorate.algorithms.raft.bad": ["import os.path", "import threading", "import uuid", "import secrets"],
        "quorate.machines.bad": ["def f():\n    import time", "from asyncio import sleep"],
        "quorate.storage.bad": ["import socket", "import asyncio", "from pathlib import Path"],
        "quorate.wire.bad": ["import asyncio.streams"],
        "quorate.runtime.bad": ["import asyncio", "import time"],
    }
    for name, texts in bans.items():
        for text in texts:
            assert len(purity.outside([snippet(name, text)])) == 1, (name, text)
    assert not purity.outside([snippet("quorate.real.good", "import asyncio, socket, time, os")])
    assert not purity.outside([snippet("quorate.core.good", "import zlib, struct, hashlib\nfrom random import Random")])


def test_nobody_unpickles() -> None:
    none(purity.unsafe_codecs([*SOURCE, *TESTS, *OTHERS]))


def test_pickle_is_caught() -> None:
    bad = snippet("quorate.cli.bad", "def f():\n    from pickle import loads\n")
    one(purity.unsafe_codecs([bad]), "src/quorate/cli/bad.py:2")


def test_randomness_is_passed_in() -> None:
    none(purity.global_random(SOURCE))


def test_the_global_random_source_is_caught() -> None:
    for text in ("from random import choice", "import random\nx = random.random()", "import random as r"):
        assert len(purity.global_random([snippet("quorate.real.bad", text)])) == 1, text
    one(
        purity.global_random([snippet("quorate.core.bad", "from random import Random\nr = Random()")]),
        "src/quorate/core/bad.py:2",
    )
    good = "import random\n\ndef f(source: random.Random) -> None:\n    source.random()\n    random.Random(7)\n"
    assert not purity.global_random([snippet("quorate.core.good", good)])


def test_the_lower_floors_open_no_file() -> None:
    none(purity.opening(SOURCE))


def test_opening_a_file_is_caught() -> None:
    one(purity.opening([snippet("quorate.wire.bad", 'x = open("a")')]), "src/quorate/wire/bad.py:1")
    one(purity.opening([snippet("quorate.machines.bad", '\nx = open("a")')]), "src/quorate/machines/bad.py:2")
    assert not purity.opening([snippet("quorate.storage.good", 'file = self.disk.open("a", create=True)')])


def test_digests_do_not_depend_on_the_process() -> None:
    none(purity.hashing(SOURCE))


def test_the_builtin_hash_is_caught() -> None:
    good = "class A:\n    def __hash__(self):\n        return hash(self.x)\n"
    bad = f"{good}    def f(self):\n        return hash(self.x)\n"
    one(purity.hashing([snippet("quorate.core.bad", bad)]), "src/quorate/core/bad.py:5")
    assert not purity.hashing([snippet("quorate.core.good", good)])


def test_only_the_command_line_prints() -> None:
    none(purity.printing(SOURCE))


def test_printing_is_caught() -> None:
    one(purity.printing([snippet("quorate.runtime.bad", "\nprint(1)")]), "src/quorate/runtime/bad.py:2")
    assert not purity.printing([snippet("quorate.cli.good", "print(1)")])


def test_nobody_sleeps_instead_of_waiting() -> None:
    none(purity.sleeping([*SOURCE, *TESTS, *OTHERS]))


def test_sleeping_is_caught() -> None:
    one(purity.sleeping([snippet("quorate.cli.bad", "import time\ntime.sleep(1)")]), "src/quorate/cli/bad.py:2")
    one(purity.sleeping([snippet("quorate.cli.bad", "from time import sleep")]), "src/quorate/cli/bad.py:1")


# --- shape


def test_no_file_is_too_long() -> None:
    none(shape.long_files([*SOURCE, *TESTS, *OTHERS], RATCHET))


def test_a_long_file_is_caught() -> None:
    long = snippet("quorate.core.long", "x = 1\n" * 401)
    one(shape.long_files([long], {}), "src/quorate/core/long.py:401")
    assert not shape.long_files([long], {long.path: (401, "a table")})
    assert not shape.long_files([snippet("quorate.core.fits", "x = 1\n" * 400)], {})
    longer = snippet("quorate.core.long", "x = 1\n" * 601)
    one(shape.long_files([longer], {longer.path: (700, "no reason is good enough")}), f"{longer.path}:601")


def test_a_ratchet_only_tightens() -> None:
    none(shape.loose_ratchets([*SOURCE, *TESTS, *OTHERS], RATCHET))


def test_a_loose_ratchet_is_caught() -> None:
    shrunk = snippet("quorate.core.long", "x = 1\n" * 420)
    one(shape.loose_ratchets([shrunk], {shrunk.path: (450, "a table")}), shrunk.path)
    one(shape.loose_ratchets([shrunk], {shrunk.path: (420, "")}), shrunk.path)
    one(shape.loose_ratchets([], {"src/gone.py": (420, "a table")}), "src/gone.py")
    assert not shape.loose_ratchets([shrunk], {shrunk.path: (420, "a table")})


def test_no_function_is_too_long() -> None:
    none(shape.long_functions([*SOURCE, *TESTS, *OTHERS]))


def test_a_long_function_is_caught() -> None:
    body = "    x = 1\n"
    one(
        shape.long_functions([snippet("quorate.core.bad", "\nasync def f():\n" + body * 70)]),
        "src/quorate/core/bad.py:2",
    )
    assert not shape.long_functions([snippet("quorate.core.good", "def f():\n" + body * 69)])


def test_every_module_has_its_test() -> None:
    none(shape.untested(SOURCE, TESTS))


def test_a_module_without_a_test_is_caught() -> None:
    wal = snippet("quorate.storage.wal", "")
    place = "tests/storage/test_wal.py"
    one(shape.untested([wal], []), "src/quorate/storage/wal.py:1")
    one(shape.untested([wal], [Module("x", place, "def helper(): ...")]), f"{place}:1")
    assert not shape.untested([wal], [Module("x", place, "async def test_it(): ...")])
    assert not shape.untested([wal], [Module("x", place, "TestWal = Machine.TestCase")])


def test_no_file_is_dead() -> None:
    started = shape.entry_points((ROOT / "pyproject.toml").read_text(), (ROOT / "Makefile").read_text())
    none(shape.dead_files(SOURCE, started))


def test_a_dead_file_is_caught() -> None:
    used = snippet("quorate.core.used", "")
    main = snippet("quorate.cli.main", "from quorate.core import used")
    storm = snippet("quorate.sim.storm", "")
    dead = snippet("quorate.core.dead", "from quorate.core import used")
    started = shape.entry_points(
        '[project]\nscripts = { quorate = "quorate.cli.main:main" }', "\tpython -m quorate.sim.storm"
    )
    one(shape.dead_files([used, main, storm, dead], started), "src/quorate/core/dead.py:1")


# --- words


def test_the_project_speaks_of_itself_only() -> None:
    files = {path.relative_to(ROOT).as_posix(): path.read_text(errors="replace") for path in words.project_files(ROOT)}
    assert "pyproject.toml" in files
    none(words.workplace_words(files))


def test_words_of_the_place_of_work_are_caught() -> None:
    halves = (
        ("see /wo", "rk/x"),
        ("as iss", "ue 7 says"),
        ("shared/", "STYLE.md"),
        ("a helper sess", "ion"),
        ("--index-", "url"),
    )
    offences = ["".join(pair) for pair in halves]
    for text in offences:
        one(words.workplace_words({"docs/bad.md": f"fine\n{text}\n"}), "docs/bad.md:2")
    innocent = (
        "a session (node, incarnation); hashicorp/raft#612; an issue with 2 disks; team/work/plan; the root/ folder"
    )
    assert not words.workplace_words({"docs/good.md": innocent})
