"""What all seeds of one storm over a user's machine share."""

from __future__ import annotations

from quorate.algorithms.catalog import DEFAULT
from quorate.sim.guard.machine import GuardSettings
from quorate.sim.storms.job import Job
from sim.guard.machines import Words, draw_word


def never(_: Words) -> bool:
    return False


def job(**changes: object) -> Job:
    words: dict[str, object] = {
        "make": Words,
        "commands": draw_word,
        "algorithm": DEFAULT,
        "nodes": 3,
        "check": None,
        "guard": GuardSettings(),
        **changes,
    }
    return Job(**words)


def test_a_seed_is_the_same_run_each_time() -> None:
    one, two = (job().run_seed(3) for _ in range(2))
    assert one.failure == "", one.traceback
    assert one.counts == two.counts
    assert one.counts["commands applied"] > 3
    assert job().plan(3).nodes == 3


def test_a_check_is_passed_on() -> None:
    report = job(check=never).run_seed(3)
    assert report.failure.startswith("InvariantBrokenError: Your check: never(machine) returns False")


def test_the_replay_is_python() -> None:
    text = job(check=never, nodes=None, check_always=True).replay(4711)
    assert text.splitlines() == [
        "from sim.guard.machines import Words, draw_word",
        f"from {__name__} import never",
        "from quorate.sim import storm",
        "",
        "storm(Words, commands=draw_word, check=never, check_always=True, seeds=1, first_seed=4711)",
    ]
    compile(text, "replay", "exec")


def test_what_has_no_name_keeps_that_of_its_parameter() -> None:
    text = job(make=lambda: Words(), commands=lambda random: draw_word(random)).replay(1)
    assert text.endswith("\nstorm(make, commands=commands, nodes=3, seeds=1, first_seed=1)")
    assert "lambda" not in text


def test_settings_of_the_guard_are_kept() -> None:
    text = job(guard=GuardSettings(every=5)).replay(1)
    assert "from quorate.sim import GuardSettings, storm\n" in text
    assert ", guard=GuardSettings(every=5), " in text


def test_another_algorithm_is_named() -> None:
    assert ", algorithm='other', " in job(algorithm="other").replay(1)
