"""Reading a file piece by piece."""

import pytest

from quorate.storage.window import BLOCK, Window
from storage.memory_disk import MemoryDisk


def a_window(content: bytes) -> Window:
    disk = MemoryDisk()
    disk.replace("file", content)
    return Window(disk.open("file"))


def test_reads_anywhere_and_less_at_the_end() -> None:
    window = a_window(bytes(range(100)))
    assert window.read(10, 3) == b"\x0a\x0b\x0c"
    assert window.read(5, 2) == b"\x05\x06"
    assert window.read(98, 10) == b"bc"
    assert window.read(100, 10) == b""
    assert window.size == 100


def test_a_read_over_the_border_of_a_block() -> None:
    content = bytes(BLOCK - 2) + b"abcd" + bytes(BLOCK)
    window = a_window(content)
    assert window.read(0, 1) == b"\0"
    assert window.read(BLOCK - 2, 4) == b"abcd"
    assert window.read(0, len(content)) == content


@pytest.mark.parametrize("at", [0, 1, BLOCK - 2, BLOCK - 1, BLOCK, 2 * BLOCK + 5])
def test_blank_find_and_content_end_agree_wherever_the_content_is(at: int) -> None:
    window = a_window(bytes(at) + b"mark" + bytes(3 * BLOCK))
    assert not window.is_blank()
    assert window.is_blank(at + 4)
    assert window.content_end(0) == at + 4
    assert window.content_end(at + 4) == at + 4
    assert window.find(b"mark", 0) == at
    assert window.find(b"mark", at) == at
    assert window.find(b"mark", at + 1) is None


def test_an_empty_file() -> None:
    window = a_window(b"")
    assert window.is_blank()
    assert window.find(b"x", 0) is None
    assert window.content_end(0) == 0
