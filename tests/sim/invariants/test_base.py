"""What invariants are made of."""

from quorate.sim.invariants import LOG_INVARIANTS, Chronicle, Invariant
from quorate.sim.invariants.base import InvariantBrokenError
from sim.stage import Stage


def test_every_invariant_has_a_title_and_a_source() -> None:
    for invariant in LOG_INVARIANTS:
        assert invariant.title
        assert invariant.source
    assert len({invariant.title for invariant in LOG_INVARIANTS}) == len(LOG_INVARIANTS)


def test_a_broken_one_names_itself_what_happened_and_its_source() -> None:
    class Never(Invariant):
        title = "Never"
        source = "common sense"

    error = Never(Chronicle((1, 2, 3))).broken("it happened")
    assert isinstance(error, InvariantBrokenError)
    assert str(error) == "Never: it happened [common sense]"


def test_a_majority_is_more_than_half() -> None:
    assert [Chronicle(range(1, size + 1)).majority for size in (1, 2, 3, 4, 5)] == [1, 2, 2, 3, 3]


def test_invariants_that_override_nothing_cost_nothing() -> None:
    stage = Stage(Invariant)
    stage.one.lead(1)
    assert stage.observer._elected == []
