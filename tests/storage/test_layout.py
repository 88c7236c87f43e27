"""Names in a data directory."""

from quorate.storage.layout import segment_name, segment_numbers, segment_path, wal_leftovers


def test_segment_names_sort_by_number() -> None:
    assert segment_name(12) == "0000000000000012.wal"
    assert segment_path(12) == "wal/0000000000000012.wal"
    assert segment_numbers([segment_name(number) for number in (10, 9, 100)]) == [9, 10, 100]


def test_other_names_are_no_segments() -> None:
    names = [
        "12.wal",
        "0000000000000012.wal.bak",
        "x0000000000000012.wal",
        "0000000000000012.dead",
        "next.tmp",
        "notes.txt",
    ]
    assert segment_numbers(names) == []
    assert wal_leftovers(names) == ["0000000000000012.dead", "next.tmp"]
