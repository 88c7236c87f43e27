"""How far a long work is."""

from quorate.core.algorithm import SnapshotWork
from quorate.runtime.progress import Counted


def test_s_s10_chunks_are_counted_as_they_are_taken() -> None:
    counted = Counted([b"abc", b"de"], "loading", 7, 5)
    assert counted.status == SnapshotWork("loading", 7, 0, 5)
    chunks = iter(counted)
    assert next(chunks) == b"abc"
    assert counted.status == SnapshotWork("loading", 7, 3, 5)
    assert list(chunks) == [b"de"]
    assert counted.status.bytes == 5
