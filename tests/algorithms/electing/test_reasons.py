"""Reasons are names."""

from quorate.algorithms.bully.bully import SPEC
from quorate.algorithms.electing.reasons import REASONS


def test_an_algorithm_has_them_all() -> None:
    assert SPEC.reasons > REASONS
    assert all(reason == reason.lower() for reason in REASONS)
