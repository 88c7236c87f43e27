"""Faults read like statements, and where the language has them, they can be read back."""

from __future__ import annotations

from typing import get_args

import pytest

from quorate.algorithms.catalog import names
from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.telling import tell
from quorate.sim.storms import faults
from quorate.sim.storms.faults import Fault
from quorate.sim.storms.plan import draw_plan


@pytest.mark.parametrize(
    "text",
    [
        "crash leader for 1s",
        "crash 2 in write silently",
        "kill follower",
        "pause 5 for 2s",
        "cut 1,2|3,4,5 for 3s",
        "cut 1->2,3",
        "isolate 3",
        "isolate 3 with 1 more inward for 1s",
        "bridge 2",
        "break 1|2 for 100ms",
        "slow disk 1 by 50ms for 1s",
        "stall disk 1",
        "fail disk 1 on rename for 1s",
        "fill disk 1 leaving 20 for 1s",
        "lie disk 1",
        "rot disk 1 snapshot",
        "jump clock 1 by 2s",
        "snapshot 1",
        "transfer",
        "transfer to 2",
        "transfer to 2 through 3",
        "transfer through follower",
        "restart 1",
        "restart 1 for 1s",
        "relief",
    ],
)
def test_what_is_written_is_told(text: str) -> None:
    assert [tell(planned.fault) for planned in read_scenario(f"{text} at 3s").faults] == [text]


def test_what_only_storms_have_is_told_too() -> None:
    assert tell(faults.CrashAll(0, 100 * MILLISECOND)) == "crash all for 100ms"
    assert tell(faults.Replay(0, 2, (1, 2, 3))) == "replay 3 old messages to 2"
    assert tell(faults.Drift(0, 2, 951_234)) == "drift clock 2 by -4.9%"
    assert tell(faults.Flap(0, 2, 3, 123_456_789, SECOND)) == "flap 2|3 every 123ms for 1s"
    assert tell(faults.Cut(0, ((1, 2), (2, 3), (3, 1)), SECOND)) == "cut 1->2,2->3,3->1 for 1s"
    assert tell(faults.ClockJump(0, faults.HERE, 1_234_567)) == "jump clock it by 1.23ms"
    assert tell(faults.ClockJump(0, faults.OTHERS, 4321 * SECOND)) == "jump clock the others by 4321s"


def test_every_kind_of_fault_that_a_storm_draws_has_words() -> None:
    told: set[type] = set()
    for plan in (draw_plan(seed, name) for name in names() for seed in range(60)):
        for fault in plan.faults:
            told.add(type(fault))
            assert tell(fault)
    assert told >= set(get_args(Fault)) - {faults.LyingDisk}
