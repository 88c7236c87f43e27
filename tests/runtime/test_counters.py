"""What is counted; when it is, the tests of the driver say."""

from quorate.runtime.counters import Counters


def test_outcomes_are_counted_by_name() -> None:
    counters = Counters()
    counters.count("Applied", 1)
    counters.count("Unknown", 1)
    counters.count("Applied", 3)
    assert counters.outcomes == {"Applied": 4, "Unknown": 1}


def test_two_drivers_count_for_themselves() -> None:
    Counters().count("Applied", 1)
    assert Counters().outcomes == {}
