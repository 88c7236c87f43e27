"""Numbers as people say them."""

from __future__ import annotations

import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.core.words import entries, have, nodes, share, size, span


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (-5, "0 ms"),
        (120 * MILLISECOND, "120 ms"),
        (999_999_999, "999 ms"),
        (2_140 * MILLISECOND, "2.1 s"),
        (119 * SECOND, "119.0 s"),
        (120 * SECOND, "2 min"),
        (65 * 60 * SECOND, "65 min"),
        (125 * 60 * SECOND, "2 h 5 min"),
    ],
)
def test_times(length: int, said: str) -> None:
    assert span(length) == said


def test_bytes_and_shares_of_them() -> None:
    assert [size(count) for count in (0, 1023, 1536, 12 << 20, 3 << 40)] == [
        "0 bytes",
        "1023 bytes",
        "1.5 KiB",
        "12.0 MiB",
        "3.0 TiB",
    ]
    assert share(35, 100) == "35 % of 100 bytes"
    assert share(0, 0) == "100 % of 0 bytes"


def test_nodes_and_entries() -> None:
    assert [nodes(ids) for ids in ([], [4], [5, 4], {3, 5, 4})] == [
        "no node",
        "node 4",
        "nodes 4 and 5",
        "nodes 3, 4 and 5",
    ]
    assert [have([4]), have([4, 5])] == ["has", "have"]
    assert [entries(count) for count in (1, 4000)] == ["1 entry", "4,000 entries"]
