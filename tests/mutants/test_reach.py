"""What a mutant changes is seen in the history, and without one nothing changes."""

from __future__ import annotations

from mutants.catalog import find
from mutants.reach import history, reached, reached_in
from quorate.sim.storms.plan import draw_plan


def test_a_history_is_the_same_each_time_and_another_with_a_bug() -> None:
    plan = draw_plan(701)
    assert history(plan) == history(plan)
    assert history(plan, "committed_by_too_few") != history(plan)


def test_a_mutant_may_ask_for_settings_of_all_its_storms() -> None:
    drawn = draw_plan(3, "bully")
    hunting = find("dead_member_is_fresher").plan(3)
    assert hunting.options["variant"] == "mongodb_v0"
    assert hunting.faults == drawn.faults
    assert find("hold_ignored").plan(3) == drawn


def test_only_what_changes_a_seed_is_told() -> None:
    assert reached_in(["committed_by_too_few"], 701) == ["committed_by_too_few"]
    assert reached(["committed_by_too_few"], [701], workers=1) == {"committed_by_too_few": 1}
    assert reached([], [], workers=1) == {}
