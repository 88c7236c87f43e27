"""Bounds of the driver."""

import msgspec
import pytest

from quorate.core.ids import MILLISECOND
from quorate.runtime.limits import Limits


def test_times_are_given_in_milliseconds() -> None:
    limits = Limits(retry_ms=3, resend_ms=40)
    assert limits.retry_ns == 3 * MILLISECOND
    assert limits.resend_ns == 40 * MILLISECOND


@pytest.mark.parametrize("name", Limits.__struct_fields__)
@pytest.mark.parametrize("value", [0, -1])
def test_every_limit_is_at_least_one(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{name} = {value} must be at least 1"):
        Limits(**{name: value})


def test_a_misspelt_limit_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="batch_comands"):
        msgspec.convert({"batch_comands": 5}, Limits)


def test_a_limit_of_the_wrong_type_or_too_small_is_refused_by_name() -> None:
    with pytest.raises(msgspec.ValidationError, match="retry_ms"):
        msgspec.convert({"retry_ms": "soon"}, Limits)
    with pytest.raises(msgspec.ValidationError, match="retry_ms = 0"):
        msgspec.convert({"retry_ms": 0}, Limits)
