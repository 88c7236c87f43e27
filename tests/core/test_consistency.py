"""What a reader asks for, and what it is told."""

import pytest

from quorate.core.consistency import ReadInfo, ReadYourWrites, Stale, level_of


def test_every_wish_has_a_name() -> None:
    wishes = ("linearizable", "lease", "local", ReadYourWrites(3), Stale(1, 2))
    assert [level_of(wish) for wish in wishes] == ["linearizable", "lease", "local", "read_your_writes", "stale"]


@pytest.mark.parametrize(("lag", "age"), [(-1, 0), (0, -1)])
def test_bounds_below_zero_are_refused(lag: int, age: int) -> None:
    with pytest.raises(ValueError, match="must be 0 or above"):
        Stale(lag, age)


def test_an_index_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="of an earlier write or read"):
        ReadYourWrites(-1)


def test_a_linearizable_answer_lacks_nothing() -> None:
    info = ReadInfo(7, "linearizable")
    assert (info.lag, info.age_ns) == (0, 0)
