"""Names for numbers."""

from quorate.core import ids


def test_units_of_time() -> None:
    assert (ids.MILLISECOND, ids.SECOND) == (10**6, 10**9)


def test_all_names_are_plain_integers() -> None:
    """The hot path stays plain arithmetic."""
    names = ("NodeId", "Term", "Index", "Nanos", "Position", "LinkIncarnation")
    assert all(getattr(ids, name) is int for name in names)
