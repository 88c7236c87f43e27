"""The checksum is zlib's, whichever library counts."""

import importlib
import sys
import zlib
from random import Random

import pytest

from quorate.core import checksum


@pytest.mark.parametrize("size", [0, 1, 7, 64, 4096, 100_000])
def test_it_is_that_of_zlib(size: int) -> None:
    data = Random(size).randbytes(size)
    assert checksum.crc32(data) == zlib.crc32(data)
    assert checksum.crc32(memoryview(data)[1:], 99) == zlib.crc32(data[1:], 99), "from a given value on"


def test_where_there_is_no_faster_one_zlib_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)
    try:
        assert importlib.reload(checksum).crc32 is zlib.crc32
    finally:
        monkeypatch.undo()
        importlib.reload(checksum)
