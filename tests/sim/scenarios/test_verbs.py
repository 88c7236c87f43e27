"""Each verb makes the faults that it says."""

from __future__ import annotations

import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.scenario import NEVER, RESTART_TAKES, MendDisk, Resume, Start, Step
from quorate.sim.scenarios.verbs import VERBS
from quorate.sim.scenarios.words import ScenarioError
from quorate.sim.storms import faults
from quorate.sim.storms.faults import FOLLOWER, LEADER, Fault

AT = 3 * SECOND


def made(text: str) -> list[Fault]:
    return [planned.fault for planned in read_scenario(f"{text} at 3s").faults]


def steps(text: str) -> tuple[Step, ...]:
    return read_scenario(f"{text} at 3s").steps


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("crash leader", faults.Crash(AT, LEADER, NEVER)),
        (
            "crash 2 in write silently losing all for 1s",
            faults.Crash(AT, 2, SECOND, in_write=True, rule="all", silent=True),
        ),
        ("crash 2 losing some", faults.Crash(AT, 2, NEVER)),
        ("crash 2 losing nothing", faults.Crash(AT, 2, NEVER, rule="none")),
        ("kill follower in write", faults.Crash(AT, FOLLOWER, NEVER, in_write=True, power=False)),
        ("pause biggest for 2s", faults.Pause(AT, 5, 2 * SECOND)),
        ("cut 1|2", faults.Cut(AT, ((1, 2), (2, 1)), NEVER)),
        ("cut 1->2,3 for 1s", faults.Cut(AT, ((1, 2), (1, 3)), SECOND)),
        ("cut 1|2|3", faults.Cut(AT, ((1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)), NEVER)),
        ("isolate leader", faults.Isolate(AT, LEADER, NEVER, turn=AT)),
        ("isolate leader with 1 more", faults.Isolate(AT, LEADER, NEVER, companions=1, turn=AT)),
        ("isolate 1 inward", faults.Isolate(AT, 1, NEVER, outward=False, turn=AT)),
        ("isolate 1 outward", faults.Isolate(AT, 1, NEVER, inward=False, turn=AT)),
        ("bridge 3", faults.Bridge(AT, 3, NEVER)),
        ("flap 5", faults.Flap(AT, 5, None, 500 * MILLISECOND, NEVER)),
        ("flap 5|1 for 1s", faults.Flap(AT, 5, 1, 500 * MILLISECOND, SECOND)),
        ("break 1|2", faults.Break(AT, 1, 2)),
        ("break 1|2 for 1s", faults.Break(AT, 1, 2, SECOND)),
        ("slow disk leader", faults.SlowDisk(AT, LEADER, NEVER, 100 * MILLISECOND)),
        ("slow disk 1 by 5ms", faults.SlowDisk(AT, 1, NEVER, 5 * MILLISECOND)),
        ("stall disk 1 for 1s", faults.StallDisk(AT, 1, SECOND)),
        ("fail disk 1", faults.FailDisk(AT, 1, "sync", 0, NEVER)),
        ("fail disk 1 on rename", faults.FailDisk(AT, 1, "rename", 0, NEVER)),
        ("fill disk 1 leaving 1000", faults.FillDisk(AT, 1, 1000, NEVER)),
        ("lie disk 1", faults.LyingDisk(AT, 1, NEVER)),
        ("rot disk 1", faults.Rot(AT, 1, "log", 3000, 0)),
        ("rot disk 1 snapshot", faults.Rot(AT, 1, "snapshot", 3000, 0)),
        ("drift clock 1 by -5%", faults.Drift(AT, 1, 950_000)),
        ("jump clock 1 by 2s", faults.ClockJump(AT, 1, 2 * SECOND)),
        ("snapshot 1", faults.TakeSnapshot(AT, 1)),
        ("transfer", faults.Transfer(AT, LEADER)),
        ("transfer to 2", faults.Transfer(AT, LEADER, 2)),
        ("transfer to biggest through 3", faults.Transfer(AT, 3, 5)),
        ("transfer to 2 through follower", faults.Transfer(AT, FOLLOWER, 2)),
        ("relief", faults.Relief(AT)),
    ],
)
def test_a_statement_is_one_fault(text: str, fault: Fault) -> None:
    assert made(text) == [fault]
    assert text.split()[0] in VERBS


def test_several_targets_are_several_faults() -> None:
    assert made("pause 1,3") == [faults.Pause(AT, 1, NEVER), faults.Pause(AT, 3, NEVER)]
    assert [fault.at for fault in made("crash all")] == [AT] * 5


def test_a_flap_has_a_period_and_is_one_fault() -> None:
    (planned,) = read_scenario("flap biggest every 200ms from 2s to 10s").faults
    assert planned.fault == faults.Flap(2 * SECOND, 5, None, 200 * MILLISECOND, 8 * SECOND)


def test_other_verbs_are_repeated() -> None:
    found = read_scenario("crash follower for 300ms every 1s from 2s to 5s").faults
    assert [planned.fault.at for planned in found] == [2 * SECOND, 3 * SECOND, 4 * SECOND]


def test_helping_hands_are_steps() -> None:
    assert steps("resume 1,2") == (Resume(AT, 1), Resume(AT, 2))
    assert steps("mend disk 4") == (MendDisk(AT, 4),)


def test_a_restart_stops_what_is_up_and_starts_what_is_down() -> None:
    assert made("restart 2") == [faults.Restart(AT, 2, RESTART_TAKES)]
    assert steps("restart 2") == (Start(AT + RESTART_TAKES + 1, 2),)
    assert made("restart 2 for 1s") == [faults.Restart(AT, 2, SECOND)]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("restart leader", "Fits here: biggest, all, 1"),
        ("isolate all", "'all': names no node"),
        ("isolate 1 with 4 more", "from 0 to 3"),
        ("cut 1,2", "between groups"),
        ("cut 1,2|2,3", "both sides"),
        ("cut leader|1", "'leader': the number of a node"),
        ("break 1,2", "break 1|2"),
        ("slow clock 1", "did you mean 'disk'|Fits here: disk"),
        ("fail disk 1 on tuesday", "Fits here: open, read"),
        ("drift clock 1 by 51%", "from -50 to 50"),
        ("crash 1 losing hope", "Fits here: all, some"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_form(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint) as caught:
        made(text)
    assert "The form is: " in str(caught.value)


def test_a_bridge_needs_two_sides() -> None:
    with pytest.raises(ScenarioError, match="nodes 3"):
        read_scenario("nodes 2; bridge 1")
