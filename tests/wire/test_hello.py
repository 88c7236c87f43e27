from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.durable import Identity
from quorate.wire.frames import frame
from quorate.wire.hello import (
    MAGIC,
    NEWEST_VERSION,
    Hello,
    Welcome,
    agreed_version,
    check_hello,
    decode_hello,
    decode_welcome,
    guess_stranger,
    make_hello,
)
from quorate.wire.refusal import Reason, Refuse, RefusedError

encode = msgspec.msgpack.encode


def identity(node: int, **other: Any) -> Identity:
    fields: dict[str, Any] = {"cluster": "blue", "disk": 10 + node, "incarnation": 3, "members": (1, 2, 3)} | other
    return Identity(node=node, **fields)


def hello(sender: int, receiver: int, **other: Any) -> Hello:
    return msgspec.structs.replace(make_hello(identity(sender), "raft", receiver), **other)


def refusal(heard: Hello, dialed: int | None = None, node: int = 1) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        check_hello(heard, identity(node), "raft", dialed)
    return caught.value


def test_the_bytes_of_a_hello_do_not_change():
    """Other releases read them, and docs/protocol.md shows them."""
    shown = "00000024 264ec3d6 9c a548656c6c6f a771756f72617465 01 02 a4626c7565 a472616674 02 01 0c 03 93010203 00"
    assert frame(make_hello(identity(2), "raft", 1)) == bytes.fromhex(shown)
    assert shown in (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()


def test_hello_says_all_of_the_identity():
    assert make_hello(identity(2), "raft", 1) == Hello(MAGIC, 1, 2, "blue", "raft", 2, 1, 12, 3, (1, 2, 3))


def test_hello_comes_back():
    sent = hello(2, 1)
    assert decode_hello(encode(sent), "peer") == sent


def test_fitting_hellos_pass_on_both_sides():
    check_hello(hello(2, 1), identity(1), "raft", dialed=None)
    check_hello(hello(1, 2), identity(2), "raft", dialed=1)


def test_refuse_may_come_instead_of_a_hello_and_of_a_welcome():
    assert decode_hello(encode(Refuse("wrong_node", "why")), "peer") == Refuse("wrong_node", "why")
    assert decode_welcome(encode(Refuse("disk_changed", "why")), "peer") == Refuse("disk_changed", "why")
    assert decode_welcome(encode(Welcome()), "peer") == Welcome()


def test_anything_but_a_welcome_is_a_bad_frame():
    with pytest.raises(RefusedError, match="node 2 did not end its hello with a welcome") as caught:
        decode_welcome(encode(hello(2, 1)), "node 2")
    assert caught.value.reason == Reason.BAD_FRAME


def test_wrong_magic_is_not_quorate():
    with pytest.raises(RefusedError) as caught:
        decode_hello(encode(hello(2, 1, magic="quorum")), "1.2.3.4:5")
    assert caught.value.reason == Reason.NOT_QUORATE
    assert "1.2.3.4:5" in caught.value.detail


@pytest.mark.parametrize(("oldest", "newest"), [(0, 0), (NEWEST_VERSION + 1, NEWEST_VERSION + 3)])
def test_versions_that_do_not_meet_are_refused_by_name(oldest: int, newest: int):
    with pytest.raises(RefusedError) as caught:
        decode_hello(encode(hello(2, 1, oldest=oldest, newest=newest)), "1.2.3.4:5")
    assert caught.value.reason == Reason.WRONG_VERSION
    assert f"1.2.3.4:5 speaks protocol versions {oldest} to {newest}, this side 1 to 2: upgrade" in caught.value.detail


def test_version_is_read_even_if_the_rest_of_the_hello_has_changed():
    with pytest.raises(RefusedError) as caught:
        decode_hello(encode(["Hello", MAGIC, 7, 9, {"everything": "else"}]), "peer")
    assert caught.value.reason == Reason.WRONG_VERSION


def test_newer_release_that_still_speaks_our_version_is_let_in():
    """A rolling upgrade: the newer hello may have more fields, and both speak the older version."""
    newer = [*encode_as_list(hello(2, 1, newest=NEWEST_VERSION + 4)), "a later field"]
    heard = decode_hello(encode(newer), "peer")
    assert isinstance(heard, Hello)
    check_hello(heard, identity(1), "raft", dialed=None)
    assert agreed_version(heard) == NEWEST_VERSION


@pytest.mark.parametrize(("theirs", "ours", "agreed"), [(1, 2, 1), (2, 1, 1), (2, 2, 2), (9, 2, 2)])
def test_s_d7_both_speak_the_newest_version_that_both_know(theirs: int, ours: int, agreed: int):
    heard = decode_hello(encode(hello(2, 1, oldest=1, newest=theirs)), "peer")
    assert isinstance(heard, Hello)
    assert agreed_version(heard, ours) == agreed


def test_s_d7_a_node_that_is_held_back_says_so():
    assert make_hello(identity(2), "raft", 1, newest=1).newest == 1


def encode_as_list(value: Hello) -> list[Any]:
    return msgspec.msgpack.decode(encode(value))


@pytest.mark.parametrize(
    ("heard", "dialed", "reason", "words"),
    [
        (hello(2, 1, cluster="red"), None, "wrong_cluster", "node 2 is of cluster 'red', node 1 of cluster 'blue'"),
        (hello(2, 1, cluster="x\n" * 90), None, "wrong_cluster", "cluster 'x\\nx\\n"),
        (hello(2, 1, algorithm="zab"), None, "wrong_algorithm", "node 2 runs 'zab', node 1 runs 'raft'"),
        (hello(2, 3), None, "wrong_node", "node 2 called node 3 and reached node 1: correct the address of node 3"),
        (hello(3, 1), 2, "wrong_node", "node 1 called node 2 and node 3 answered: correct the address of node 2"),
        (hello(1, 1), None, "wrong_node", "two processes say that they are node 1, or node 1 called itself"),
        (hello(4, 1), None, "not_a_member", "node 4 is not among the members 1, 2, 3 that node 1 knows"),
        (
            hello(2, 1, members=(1, 2, 3, 4)),
            None,
            "members_differ",
            "node 2 knows the members 1, 2, 3, 4, node 1 the members 1, 2, 3",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(heard: Hello, dialed: int | None, reason: str, words: str):
    error = refusal(heard, dialed)
    assert error.reason == reason
    assert words in error.detail
    assert "\n" not in error.detail


def test_lower_id_does_not_call_the_higher():
    error = refusal(hello(1, 2), node=2)
    assert error.reason == "wrong_direction"
    assert "node 1 called node 2, but of two nodes the one with the higher id calls" in error.detail


def test_members_that_differ_name_the_sender():
    assert refusal(hello(2, 1, members=(1, 2))).sender == 2
    assert refusal(hello(2, 1, cluster="red")).sender is None


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_by_name(payload: bytes):
    for decode in (decode_hello, decode_welcome):
        with pytest.raises(RefusedError):
            decode(payload, "stranger")


@pytest.mark.parametrize(
    ("first", "hint"),
    [
        (b"GET / HTTP/1.1\r\n", "looks like HTTP"),
        (b"POST /v3/kv/put HTTP/1.1\r\n", "looks like HTTP"),
        (b"\x16\x03\x01\x02\x00", "looks like TLS"),
        (b"SSH-2.0-OpenSSH", ""),
    ],
)
def test_common_strangers_are_recognised(first: bytes, hint: str):
    assert hint in guess_stranger(first)
    assert bool(guess_stranger(first)) == bool(hint)
