"""Who wants to know which fact."""

from quorate.sim.invariants import ALL, Chronicle, Invariant
from quorate.sim.invariants.facts import Facts


def test_every_fact_that_an_invariant_can_be_told_is_gathered_and_wanted() -> None:
    asked = {name for name in vars(Invariant) if not name.startswith("_")} - {
        "applies",
        "broken",
        "features",
        "guarded",
        "needs_log",
        "promised",
        "source",
        "title",
    }
    facts = vars(Facts(kind(Chronicle((1, 2, 3))) for kind in ALL))
    assert asked == {fact for fact in facts if not fact.startswith("_")}
    assert [fact for fact in sorted(asked) if not facts[fact]] == []


def test_the_others_are_not_called() -> None:
    facts = vars(Facts([Invariant(Chronicle((1,)))]))
    assert all(not told for fact, told in facts.items() if not fact.startswith("_"))
