"""What is known of a snapshot without opening it."""

import msgspec

from quorate.core.snapshot import SnapshotMeta

META = SnapshotMeta(9, 2, (1, 2, 3), 5, "ab" * 16)


def test_it_travels_as_an_array() -> None:
    data = msgspec.msgpack.encode(META)
    assert msgspec.msgpack.decode(data) == [9, 2, [1, 2, 3], 5, "ab" * 16, [0, [], [], [], [], True]]
    assert msgspec.msgpack.decode(data, type=SnapshotMeta) == META


def test_the_same_place_with_other_content_is_another_snapshot() -> None:
    assert msgspec.structs.replace(META, digest="cd" * 16) != META
    assert msgspec.structs.replace(META, term=3) != META
    assert hash(msgspec.structs.replace(META)) == hash(META)
