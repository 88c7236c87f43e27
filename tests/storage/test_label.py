"""The label of a data directory."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest

from quorate.core.errors import ConfigError, DamagedError, MismatchError
from quorate.storage.label import Label, check_label, new_label, read_label, write_label
from storage.memory_disk import MemoryDisk

FIELDS: dict[str, Any] = {"cluster": "house", "node": 3, "disk": 77, "algorithm": "any"}


def a_label(**changes: Any) -> Label:
    return new_label(**{**FIELDS, **changes})


def test_what_is_written_is_read() -> None:
    disk = MemoryDisk()
    assert read_label(disk, "label") is None
    write_label(disk, "label", a_label(cluster="a much longer name than the next"))
    write_label(disk, "label", a_label())
    assert read_label(disk, "label") == a_label()
    assert b'"cluster": "house"' in disk.content("label")


def test_no_change_of_a_byte_passes_unseen() -> None:
    disk = MemoryDisk()
    write_label(disk, "label", a_label())
    content = disk.content("label")
    for position in range(len(content)):
        for bit in (1, 4, 64):
            changed = bytearray(content)
            changed[position] ^= bit
            disk.replace("label", bytes(changed))
            with suppress(DamagedError, MismatchError):
                assert read_label(disk, "label") == a_label()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff\xfe", b'{"format": 1}', b'{"format": "one"}', b"{" * 70_000]
)
def test_garbage_is_damage_with_a_remedy(content: bytes) -> None:
    disk = MemoryDisk()
    disk.replace("label", content)
    with pytest.raises(DamagedError, match=r"label is damaged at offset 0: .* Put the file back as it was"):
        read_label(disk, "label")


def test_another_format_is_named_with_the_remedy() -> None:
    disk = MemoryDisk()
    disk.replace("label", msgspec.json.encode({"format": 2, "anything": []}))
    with pytest.raises(
        MismatchError, match=r"has format 2, this version of quorate reads format 1. Start it with the version"
    ):
        read_label(disk, "label")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cluster": "other"}, "belongs to cluster 'house', but this node is configured for cluster 'other'"),
        ({"node": 4}, "belongs to node 3, but this node is configured for node 4"),
        ({"algorithm": "else"}, "belongs to algorithm 'any', but this node is configured for algorithm 'else'"),
    ],
)
def test_each_mismatch_names_both_values_and_the_remedy(change: dict[str, Any], message: str) -> None:
    with pytest.raises(MismatchError, match=message) as caught:
        check_label("quorate.json", a_label(), a_label(**change))
    assert "Point data_dir to this node's own directory" in str(caught.value)


def test_the_disk_id_is_the_directorys_to_say() -> None:
    check_label("quorate.json", a_label(disk=1), a_label(disk=2))


@pytest.mark.parametrize("disk", [-1, 1 << 64])
def test_a_disk_id_that_does_not_fit_is_refused(disk: int) -> None:
    with pytest.raises(ConfigError, match="a disk id is a number of 64 bits"):
        a_label(disk=disk)
