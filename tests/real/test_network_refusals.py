"""Who is not let in, how both sides learn why, and that strangers exhaust nothing."""

import asyncio
from random import Random
from typing import Any

import msgspec
import pytest

from quorate.core.durable import Identity
from quorate.real.log_limiter import LogLimiter
from quorate.real.network import Network
from quorate.real.network_limits import NetworkLimits
from quorate.wire.frames import HEADER, frame
from quorate.wire.hello import Hello, Welcome, make_hello
from quorate.wire.refusal import Refuse
from real.network_fakes import Nodes, Note, RawPeer, Recorder, eventually, identity, plain_address

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


@pytest.fixture
async def nodes():
    made = Nodes()
    yield made
    await made.stop()
    assert [error for owner in made.owners.values() for error in owner.errors] == []


def hello(who: Identity, **other: Any) -> Hello:
    return msgspec.structs.replace(make_hello(who, "test", 1), **other)


async def is_let_in(nodes: Nodes, node: int = 3) -> None:
    """A proper peer still gets in and is heard."""
    peer = await RawPeer.connect(nodes.addresses[1], identity(node), 1)
    peer.say(Note(99))
    await nodes.owners[1].until_heard("received", node, Note(99))
    await peer.close()
    await nodes.owners[1].until_heard("disconnected", node)


@pytest.mark.parametrize(
    ("said", "reason", "peer"),
    [
        (hello(identity(3), oldest=8, newest=9), "wrong_version", None),
        (hello(identity(3), cluster="other"), "wrong_cluster", None),
        (hello(identity(3), algorithm="other"), "wrong_algorithm", None),
        (hello(identity(3), receiver=2), "wrong_node", None),
        (hello(identity(1)), "wrong_node", None),
        (hello(identity(4)), "not_a_member", None),
        (hello(identity(3), members=(1, 3)), "members_differ", 3),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_hello_that_does_not_fit_is_answered_with_the_reason(
    nodes: Nodes, caplog: pytest.LogCaptureFixture, said: Hello, reason: str, peer: int | None
):
    network = await nodes.add(1)
    stranger = await RawPeer.dial(network.address)
    stranger.say(said)
    refuse = await stranger.hear_refusal()
    assert refuse.reason == reason
    await nodes.owners[1].until_heard("refused", peer, reason, refuse.detail)
    assert len(nodes.owners[1].heard) == 1
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("node 1: connection with 127.0.0.1:")
    assert line.endswith(f"refused: {reason}: {refuse.detail}")
    assert network.stats().refused == 1
    await stranger.close()
    await is_let_in(nodes)


async def test_both_operators_read_why_two_nodes_do_not_meet(nodes: Nodes):
    await nodes.add(1, identity=identity(1, (1, 2)))
    second = await nodes.add(2, identity=identity(2, (1, 2), cluster="other"))
    await nodes.owners[1].until_heard("refused", None, "wrong_cluster")
    await nodes.owners[2].until_heard("refused", 1, "wrong_cluster")
    detail = nodes.owners[1].heard[0][3]
    assert "node 2 is of cluster 'other', node 1 of cluster 'test'" in detail
    address = nodes.addresses[1]
    assert nodes.owners[2].heard[0] == ("refused", 1, "wrong_cluster", f"said by node 1 at {address}: {detail}")
    assert second.stats().peers[1].last_error.startswith("wrong_cluster: said by node 1")
    assert nodes.owners[1].count("connected") == nodes.owners[2].count("connected") == 0


@pytest.mark.parametrize("restarted", [1, 2], ids=["the called node", "the calling node"])
async def test_node_with_an_emptied_directory_is_refused_by_those_who_knew_it(nodes: Nodes, restarted: int):
    witness = 3 - restarted
    for node in (1, 2):
        await nodes.add(node, (1, 2))
    await nodes.owners[witness].until_heard("connected", restarted)
    await nodes.networks[restarted - 1].stop()
    await nodes.owners[witness].until_heard("disconnected", restarted)
    await nodes.add(restarted, identity=identity(restarted, (1, 2), disk=77, incarnation=1))
    await nodes.owners[witness].until_heard("refused", restarted, "disk_changed")
    await nodes.owners[restarted].until(lambda: nodes.owners[restarted].count("refused") > 0)
    assert f"Start node {restarted} with its original data directory" in nodes.owners[restarted].heard[0][3]
    assert nodes.owners[restarted].count("connected") == 0
    assert nodes.owners[witness].count("connected") == 1
    await nodes.networks[-1].stop()
    await nodes.add(restarted, identity=identity(restarted, (1, 2), incarnation=2))
    await nodes.owners[witness].until_heard("connected", restarted, times=2)


async def test_owner_may_refuse_a_disk_it_remembers(nodes: Nodes):
    network = await nodes.add(1, on_disk_seen=lambda peer, disk: disk == 5)
    stranger = await RawPeer.dial(network.address)
    stranger.say(hello(identity(3, disk=6)))
    assert (await stranger.hear_refusal()).reason == "disk_changed"
    await stranger.close()
    peer = await RawPeer.connect(network.address, identity(3, disk=5), 1)
    await nodes.owners[1].until_heard("connected", 3)
    await peer.close()


async def test_error_while_remembering_a_disk_is_passed_on_and_refuses(nodes: Nodes):
    bug = OSError("cannot write the binding")

    def fail(peer: int, disk: int) -> bool:
        raise bug

    network = await nodes.add(1, on_disk_seen=fail)
    stranger = await RawPeer.dial(network.address)
    stranger.say(hello(identity(3)))
    assert (await stranger.hear_refusal()).reason == "disk_changed"
    await stranger.close()
    assert nodes.owners[1].errors == [bug]
    nodes.owners[1].errors.clear()


async def test_older_process_is_refused_and_does_not_disturb_the_newer(nodes: Nodes):
    network = await nodes.add(1)
    newer = await RawPeer.connect(network.address, identity(3, incarnation=5), 1)
    await nodes.owners[1].until_heard("connected", 3)
    older = await RawPeer.dial(network.address)
    older.say(hello(identity(3, incarnation=4)))
    assert (await older.hear_refusal()).reason == "stale_process"
    newer.say(Note(1))
    await nodes.owners[1].until_heard("received", 3, Note(1))
    assert nodes.owners[1].count("disconnected") == 0
    assert [item[1] for item in nodes.owners[1].heard if item[0] == "refused"] == [3]
    await older.close()
    await newer.close()


async def test_calling_node_refuses_what_answers_in_the_place_of_its_peer(nodes: Nodes):
    """Another node, or no node at all, listens where node 1 should be."""
    answers = [frame(make_hello(identity(4, (2, 4)), "test", 2)), b"HTTP/1.1 400 Bad Request\r\n\r\n"]
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(answers[len(heard) % 2])
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    nodes.addresses[1] = f"{host}:{port}"
    await nodes.add(2, (1, 2))
    owner = nodes.owners[2]
    await owner.until_heard("refused", 1, "wrong_node")
    await owner.until_heard("refused", 1, "not_quorate")
    details = {item[2]: item[3] for item in owner.heard}
    assert "node 2 called node 1 and node 4 answered" in details["wrong_node"]
    assert "looks like HTTP" in details["not_quorate"]
    assert owner.count("connected") == 0
    await nodes.stop()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("said", "reason", "words"),
    [
        (
            b"GET /status HTTP/1.1\r\nHost: node-1\r\n\r\n",
            "not_quorate",
            "it looks like HTTP: clients use another port",
        ),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "not_quorate", "looks like TLS"),
        (HEADER.pack(4097, 0), "not_quorate", "announces a frame of 4097 bytes, the limit is 4096"),
        (HEADER.pack(3, 7) + b"abc", "not_quorate", "its header says 00000007"),
        (bytes(8), "not_quorate", "is no hello"),
        (bytes(frame(Note(1))), "not_quorate", "is no hello"),
    ],
)
async def test_strangers_are_dropped_without_a_word(nodes: Nodes, said: bytes, reason: str, words: str):
    network = await nodes.add(1)
    stranger = await RawPeer.dial(network.address)
    stranger.say_bytes(said)
    assert await stranger.rest() == b""
    await nodes.owners[1].until_heard("refused", None, reason)
    assert words in nodes.owners[1].heard[0][3]
    assert network.stats().strangers == 0
    await stranger.close()


async def test_random_bytes_do_no_harm(nodes: Nodes, caplog: pytest.LogCaptureFixture):
    network = await nodes.add(1, limits=NetworkLimits(log_interval_ms=600_000))
    random = Random(11)
    hello_frame = bytes(frame(hello(identity(3))))
    for number in range(60):
        stranger = await RawPeer.dial(network.address)
        start = hello_frame[: random.randrange(len(hello_frame))] if number % 2 else b""
        stranger.say_bytes(start + random.randbytes(random.randrange(1, 3000)))
        stranger.writer.write_eof()
        assert await stranger.rest() == b""
        await stranger.close()
    await eventually(lambda: not network._links)
    assert nodes.owners[1].count("connected") == 0
    assert len(caplog.records) <= 3, "a flood fills no log"
    assert network.stats().refused > 20
    await is_let_in(nodes)


async def test_a_bare_probe_is_no_news(nodes: Nodes, caplog: pytest.LogCaptureFixture):
    network = await nodes.add(1)
    for _ in range(20):
        probe = await RawPeer.dial(network.address)
        await probe.close()
    await is_let_in(nodes)
    await eventually(lambda: not network._links)
    assert nodes.owners[1].count("refused") == 0
    assert network.stats().refused == 0
    assert not [record for record in caplog.records if "link to node 3" not in record.getMessage()]


async def test_silent_connections_are_closed_in_time(nodes: Nodes):
    network = await nodes.add(1, limits=NetworkLimits(hello_timeout_ms=300))
    silent = await RawPeer.dial(network.address)
    half = await RawPeer.dial(network.address)
    half.say_bytes(bytes(frame(hello(identity(3))))[:20])
    unwelcoming = await RawPeer.dial(network.address)
    unwelcoming.say(hello(identity(3)))
    assert isinstance(await unwelcoming.hear(Hello), Hello)
    assert await silent.rest() == b""
    assert await half.rest() == b""
    assert (await unwelcoming.hear_refusal()).reason == "too_slow"
    await nodes.owners[1].until_heard("refused", None, "too_slow", times=2)
    await nodes.owners[1].until_heard("refused", 3, "too_slow")
    assert nodes.owners[1].count("connected") == 0
    for stranger in (silent, half, unwelcoming):
        await stranger.close()


async def test_a_crowd_of_strangers_is_bounded_and_keeps_no_peer_out(nodes: Nodes):
    network = await nodes.add(1, limits=NetworkLimits(max_strangers=4))
    crowd = [await RawPeer.dial(network.address) for _ in range(12)]
    await nodes.owners[1].until_heard("refused", None, "too_many", times=8)
    assert network.stats().strangers == 4
    for stranger in crowd[:8]:
        assert await stranger.rest() == b""
    await is_let_in(nodes)
    assert network.stats().strangers <= 4
    for stranger in crowd:
        await stranger.close()


async def connected_raw(nodes: Nodes, **options: Any) -> tuple[Network, RawPeer]:
    network = await nodes.add(1, **options)
    peer = await RawPeer.connect(network.address, identity(3), 1)
    await nodes.owners[1].until_heard("connected", 3)
    return network, peer


@pytest.mark.parametrize(
    ("said", "reason", "words"),
    [
        (HEADER.pack(5001, 0), "too_large", "announces a frame of 5001 bytes, the limit is 5000"),
        (HEADER.pack(3, 7) + b"abc", "bad_frame", "has checksum 352441c2, its header says 00000007"),
        (bytes(frame(Welcome())), "bad_frame", "cannot be read"),
        (bytes(8), "bad_frame", "a message of 0 bytes"),
    ],
)
async def test_damage_in_the_stream_breaks_the_link_and_tells_why(nodes: Nodes, said: bytes, reason: str, words: str):
    _, peer = await connected_raw(nodes, limits=NetworkLimits(max_frame_bytes=5000))
    peer.say(Note(1, bytes(4900)))
    peer.say_bytes(said)
    peer.say(Note(2))
    refuse = await peer.hear_refusal()
    assert refuse.reason == reason
    assert words in refuse.detail
    assert "node 3 at 127.0.0.1:" in refuse.detail
    await nodes.owners[1].until_heard("disconnected", 3)
    heard = nodes.owners[1].of(3)
    assert heard[:2] == [("connected",), ("received", Note(1, bytes(4900)))]
    assert heard[2:] == [("refused", reason, refuse.detail), ("disconnected",)]
    await peer.close()


async def test_refusal_by_the_peer_is_reported_in_its_words_made_harmless(nodes: Nodes):
    _, peer = await connected_raw(nodes)
    peer.say(Refuse("of_the\nfuture", "line\nline \x1b[31m" + "x" * 3000))
    await nodes.owners[1].until_heard("disconnected", 3)
    _, reason, detail = nodes.owners[1].of(3)[1]
    assert reason == "of_the\\nfuture"
    assert detail.startswith("said by node 3 at 127.0.0.1:")
    assert "line\\nline \\x1b[31m" in detail
    assert len(detail) < 1200
    await peer.close()


async def test_each_reason_is_logged_once_in_a_while_with_the_count(nodes: Nodes, caplog: pytest.LogCaptureFixture):
    network = await nodes.add(1)
    clock = [0]
    network._log_limiter = LogLimiter(100, lambda: clock[0])
    for clock[0] in (0, 10, 20, 99, 100, 150, 200):
        stranger = await RawPeer.dial(network.address)
        stranger.say_bytes(b"garbage!")
        assert await stranger.rest() == b""
        await stranger.close()
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(" (")[2] for line in lines] == [
        "",
        "held back meanwhile: 3 like this)",
        "held back meanwhile: 1 like this)",
    ]
    assert all("not_quorate" in line for line in lines)


async def test_listener_survives_a_connection_that_is_reset(nodes: Nodes):
    network = await nodes.add(1)
    for _ in range(10):
        _, writer = await asyncio.open_connection(*plain_address(network.address))
        writer.write(b"\x00")
        writer.transport.abort()
    await is_let_in(nodes)
    assert isinstance(nodes.owners[1], Recorder)
