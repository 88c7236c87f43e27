"""Plans of storms that once broke something, kept so that it stays mended.

Each is a file in `regressions/`, named after what broke. To add one: put the plan of the failing storm there, best after shrinking it
(`quorate simulate --seed N` leaves it as `storm-N.plan.json`; it is `msgspec.json.encode` of a `Plan`), and say here what it was.
A file means what it says however the drawing of plans changes: a new field of `Plan`, of its parts or of a fault has a default, so
that old files stay readable. What a changed product makes of the same plan is another history; so the tests of the mended part
itself come first.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from quorate.sim.storms.plan import Plan
from quorate.sim.storms.run import run_plan

FOLDER = Path(__file__).with_name("regressions")

STORIES = {
    "erasure-of-a-torn-tail-cut-off": "a start that died while it erased a torn tail left what looked like damage",
    "not-applied-said-of-a-shared-batch": "a caller was told 'not applied' of a batch that was proposed again for another",
    "not-applied-said-of-a-shared-batch-again": "the same, by another way",
    "snapshot-whole-but-not-published": "a snapshot that was all there but not published was asked for without end",
}


def test_every_file_has_its_story() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == set(STORIES)


@pytest.mark.parametrize("name", STORIES)
def test_what_a_storm_once_broke_holds(name: str) -> None:
    plan = msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=Plan)
    assert run_plan(plan).failure == "", STORIES[name]
