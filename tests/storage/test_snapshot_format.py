"""The parts of a snapshot file."""

import pytest

from quorate.core.durable import LogPoint
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.snapshot_format import (
    HEADER,
    PIECE,
    TAIL,
    Footer,
    decode_footer,
    decode_tail,
    encode_footer,
    encode_header,
    encode_piece,
    is_plausible,
    piece_crc,
    piece_seed,
    point_of_name,
    snapshot_name,
)

META = SnapshotMeta(7, 3, (1, 2, 3), 100, "0123456789abcdef" * 2)


def test_a_footer_is_read_back_through_its_tail() -> None:
    footer = Footer(META, True, ((2, 40), (1, 20)))
    data = encode_footer(footer)
    found = decode_tail(data[-TAIL.size :])
    assert found is not None
    length, crc = found
    assert length == len(data) - TAIL.size
    assert decode_footer(data[:length], crc) == footer
    assert decode_footer(data[:length], crc ^ 1) is None
    assert decode_tail(data[-TAIL.size : -1]) is None
    assert decode_tail(bytes(TAIL.size)) is None


def test_a_footer_of_something_impossible_is_none() -> None:
    data = encode_footer(Footer(SnapshotMeta(-1, 0, (), 0, META.digest), False, ()))
    found = decode_tail(data[-TAIL.size :])
    assert found is not None
    assert decode_footer(data[: found[0]], found[1]) is None
    assert decode_footer(b"\xc1", 0xFFFFFFFF) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"index": -1},
        {"term": 1 << 64},
        {"size": -5},
        {"digest": "../../etc/passwd"},
        {"digest": "A" * 32},
        {"digest": ""},
    ],
)
def test_what_a_peer_says_of_a_snapshot_is_checked_before_it_names_a_file(wrong: dict[str, object]) -> None:
    fields = {"index": 7, "term": 3, "members": (1,), "size": 9, "digest": META.digest, **wrong}
    assert not is_plausible(SnapshotMeta(**fields))  # type: ignore[arg-type]
    assert is_plausible(META)


def test_names_sort_by_index_then_term() -> None:
    metas = [SnapshotMeta(index, term, (), 0, META.digest) for index, term in ((9, 9), (10, 1), (10, 2), (100, 1))]
    names = [snapshot_name(meta) for meta in metas]
    assert names == sorted(names)


def test_a_piece_belongs_to_its_place_and_its_snapshot() -> None:
    data = b"piece"
    piece = encode_piece(data, 10, piece_seed(7, 3))
    assert PIECE.unpack_from(piece) == (5, piece_crc(data, 10, piece_seed(7, 3)))
    assert piece_crc(data, 11, piece_seed(7, 3)) != piece_crc(data, 10, piece_seed(7, 3))
    assert piece_seed(7, 3) != piece_seed(7, 4) != piece_seed(8, 3)
    assert len(encode_header(7, 3)) == HEADER.size


def test_a_name_says_where_the_snapshot_ends() -> None:
    name = snapshot_name(SnapshotMeta(40, 6, (1, 2), 3, "ab" * 16))
    assert point_of_name(name) == point_of_name(f"{name}.snapshot") == LogPoint(40, 6)
    assert point_of_name("") is None
    assert point_of_name(name[1:]) is None
