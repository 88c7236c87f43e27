"""Two and three networks in one loop, over loopback."""

import asyncio
import gc
import logging
import socket
from random import Random

import pytest

from quorate.core.configuration import Configuration, Member
from quorate.core.errors import ConfigError, ProtocolError
from quorate.core.message import Message
from quorate.real.network import Network
from quorate.real.network_limits import NetworkLimits
from real.network_fakes import Ask, Nodes, Note, RawPeer, Recorder, eventually, identity

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


@pytest.fixture
async def nodes():
    made = Nodes()
    yield made
    await made.stop()
    assert all(not network._links and not network._tasks for network in made.networks)
    assert [error for owner in made.owners.values() for error in owner.errors] == []
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("quorate")] == []


async def two(nodes: Nodes, **options: object) -> tuple[Network, Network]:
    """Nodes 1 and 2, connected."""
    one, other = await nodes.add(1, (1, 2), **options), await nodes.add(2, (1, 2), **options)
    await nodes.owners[1].until_heard("connected", 2)
    await nodes.owners[2].until_heard("connected", 1)
    return one, other


async def test_every_pair_gets_one_link_whoever_starts_first(nodes: Nodes):
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        nodes.addresses[1] = f"127.0.0.1:{reserved.getsockname()[1]}"
    for node in (3, 2, 1):
        await nodes.add(node)
    for node in (1, 2, 3):
        for peer in {1, 2, 3} - {node}:
            await nodes.owners[node].until_heard("connected", peer)
    assert [len(network._links) for network in nodes.networks] == [2, 2, 2]
    assert all(owner.count("disconnected") == 0 for owner in nodes.owners.values())


async def test_messages_arrive_in_order_in_both_directions(nodes: Nodes):
    first, second = await two(nodes)
    random = Random(7)
    sent = [Note(number, random.randbytes(random.choice((0, 10, 300, 5000)))) for number in range(3000)]
    for number, note in enumerate(sent):
        first.send(2, note)
        second.send(1, note)
        if number % 500 == 0:
            await asyncio.sleep(0)
    for node, peer in ((1, 2), (2, 1)):
        await nodes.owners[node].until_heard("received", times=len(sent))
        assert nodes.owners[node].of(peer) == [("connected",), *(("received", note) for note in sent)]


async def test_large_messages_pass_whole(nodes: Nodes):
    first, _ = await two(nodes)
    sent = [Note(number, bytes([number]) * (3 << 20)) for number in range(3)]
    for note in sent:
        first.send(2, note)
    first.send(2, Ask("last"))
    await nodes.owners[2].until_heard("received", 1, Ask("last"))
    assert nodes.owners[2].of(1)[1:] == [("received", message) for message in [*sent, Ask("last")]]


async def test_answers_may_be_sent_out_of_a_callback(nodes: Nodes):
    class Echo(Recorder):
        network: Network

        def received(self, peer: int, message: Message) -> None:
            self.network.send(peer, message)

    echo = Echo()
    echo.network = await nodes.add(1, (1, 2), owner=echo)
    second = await nodes.add(2, (1, 2))
    await nodes.owners[2].until_heard("connected", 1)
    for number in range(100):
        second.send(1, Note(number))
    await nodes.owners[2].until_heard("received", times=100)
    assert nodes.owners[2].of(1)[1:] == [("received", Note(number)) for number in range(100)]


async def test_without_a_link_messages_are_dropped_and_counted(nodes: Nodes):
    network = await nodes.add(1)
    network.send(2, Note(1))
    network.send(2, Note(2))
    network.send(9, Note(3))
    assert network.stats().peers[2].dropped == 2
    assert network.stats().peers[3].dropped == 0
    assert network.stats().dropped == 1


async def test_who_has_left_the_group_still_hears_last_words_and_then_the_link_ends(nodes: Nodes):
    first, _ = await two(nodes)
    first.follow(Configuration(5, (Member(1, nodes.addresses[1]),), (1,)), committed=True)
    first.send(2, Note(7))
    await nodes.owners[2].until_heard("received", 1, Note(7))
    await nodes.owners[2].until_heard("disconnected", 1)
    await eventually(lambda: not first._links)
    first.send(2, Note(8))
    assert first.stats().dropped == 1
    assert nodes.owners[1].count("disconnected") == 0, "whoever left is nobody's peer any more"


async def test_message_over_the_frame_limit_is_refused_at_its_sender(nodes: Nodes):
    first, _ = await two(nodes, limits=NetworkLimits(max_frame_bytes=1000))
    with pytest.raises(ProtocolError, match=r"Note is .* bytes on the wire, the limit is 1000"):
        first.send(2, Note(1, bytes(1000)))
    first.send(2, Note(2))
    await nodes.owners[2].until_heard("received", 1, Note(2))
    assert nodes.owners[2].count("disconnected") == 0


@pytest.mark.parametrize("cutter", [0, 1], ids=["called side cuts", "calling side cuts"])
async def test_a_cut_connection_is_made_again_and_nobody_is_called_gone(nodes: Nodes, cutter: int):
    await two(nodes)
    for times in range(2, 5):
        link = nodes.networks[cutter]._peers[2 - cutter].link
        assert link is not None
        link.abort("cut", "by the test")
        await nodes.owners[1].until_heard("connected", 2, times=times)
        await nodes.owners[2].until_heard("connected", 1, times=times)
        nodes.networks[1].send(1, Note(times))
        await nodes.owners[1].until_heard("received", 2, Note(times))
    await eventually(
        lambda: all("probe" not in task.get_name() for network in nodes.networks for task in network._tasks)
    )
    for owner in nodes.owners.values():
        kinds = [item[0] for item in owner.heard if item[0] != "received"]
        assert kinds == ["connected", "disconnected"] * 3 + ["connected"]


async def test_stopped_node_is_unreachable_and_comes_back(nodes: Nodes):
    _, second = await two(nodes)
    await second.stop()
    await nodes.owners[1].until_heard("unreachable", 2)
    assert nodes.owners[1].of(2) == [("connected",), ("disconnected",), ("unreachable",)]
    assert nodes.owners[2].of(1) == [("connected",), ("disconnected",)]
    await second.start()
    await nodes.owners[1].until_heard("connected", 2, times=2)


async def test_restarted_node_replaces_its_old_life(nodes: Nodes):
    """The called node restarts on its port with the next incarnation."""
    first, _ = await two(nodes)
    await first.stop()
    await nodes.owners[2].until_heard("unreachable", 1)
    await nodes.add(1, identity=identity(1, (1, 2), incarnation=2))
    await nodes.owners[2].until_heard("connected", 1, times=2)
    assert nodes.networks[1].stats().peers[1].incarnation == 2
    assert nodes.owners[2].count("refused") == 0


async def test_newer_connection_replaces_a_half_open_one(nodes: Nodes):
    network = await nodes.add(1)
    who = identity(3)
    old = await RawPeer.connect(network.address, who, 1)
    old.say(Note(1))
    await nodes.owners[1].until_heard("received", 3, Note(1))
    new = await RawPeer.connect(network.address, who, 1)
    await nodes.owners[1].until_heard("connected", 3, times=2)
    old.say(Note(2))
    new.say(Note(3))
    await nodes.owners[1].until_heard("received", 3, Note(3))
    assert await old.rest() == b""
    network.send(3, Note(4))
    assert await new.hear(Note) == Note(4)
    assert nodes.owners[1].of(3) == [
        ("connected",),
        ("received", Note(1)),
        ("disconnected",),
        ("connected",),
        ("received", Note(3)),
    ]
    await old.close()
    await new.close()


async def test_connection_that_is_not_finished_replaces_nothing(nodes: Nodes):
    network = await nodes.add(1)
    good = await RawPeer.connect(network.address, identity(3), 1)
    await nodes.owners[1].until_heard("connected", 3)
    unfinished = await RawPeer.dial(network.address)
    unfinished.say(network._admission.hello(1))  # no matter what it says
    await unfinished.close()
    good.say(Note(1))
    await nodes.owners[1].until_heard("received", 3, Note(1))
    assert nodes.owners[1].count("disconnected") == 0
    await good.close()


async def test_full_buffer_breaks_the_link_and_later_messages_are_dropped(nodes: Nodes):
    network = await nodes.add(1, limits=NetworkLimits(max_buffer_bytes=2 << 20))
    deaf = await RawPeer.connect(network.address, identity(3), 1)
    await nodes.owners[1].until_heard("connected", 3)
    highest = 0
    for number in range(2000):
        network.send(3, Note(number, bytes(64 << 10)))
        assert nodes.owners[1].count("disconnected") == 0 or number > 0
        highest = max(highest, network.stats().peers[3].buffered_bytes)
        if number % 8 == 0:
            await asyncio.sleep(0)
        if network.stats().peers[3].dropped:
            break
    assert highest <= (2 << 20) + (128 << 10)
    await nodes.owners[1].until_heard("disconnected", 3)
    stats = network.stats().peers[3]
    assert (stats.overflows, stats.connected, stats.buffered_bytes) == (1, False, 0)
    assert stats.dropped >= 1
    assert stats.last_error.startswith("buffer_full: ")
    await deaf.close()


async def test_overflow_is_told_on_a_later_turn_of_the_loop(nodes: Nodes):
    network = await nodes.add(1, limits=NetworkLimits(max_buffer_bytes=1 << 20))
    deaf = await RawPeer.connect(network.address, identity(3), 1)
    await nodes.owners[1].until_heard("connected", 3)
    for number in range(2000):
        network.send(3, Note(number, bytes(64 << 10)))
    assert nodes.owners[1].of(3) == [("connected",)], "nothing is told out of send"
    assert network.stats().peers[3].overflows == 1
    await nodes.owners[1].until_heard("disconnected", 3)
    await deaf.close()


async def test_slow_reader_gets_everything_in_order(nodes: Nodes):
    network = await nodes.add(1)
    slow = await RawPeer.connect(network.address, identity(3), 1)
    await nodes.owners[1].until_heard("connected", 3)
    for number in range(400):
        network.send(3, Note(number, bytes(64 << 10)))
    await eventually(lambda: network.stats().peers[3].buffered_bytes > 8 << 20)
    for number in range(400):
        assert (await slow.hear(Note)).number == number
    network.send(3, Note(400))
    assert await slow.hear(Note) == Note(400)
    assert network.stats().peers[3].buffered_bytes == 0
    await slow.close()


async def test_last_messages_leave_before_stop(nodes: Nodes):
    first, _ = await two(nodes)
    for number in range(50):
        first.send(2, Note(number, bytes(1000)))
    await first.stop()
    await nodes.owners[2].until_heard("disconnected", 1)
    assert nodes.owners[2].count("received", 1) == 50


async def test_start_and_stop_are_idempotent(nodes: Nodes):
    first, second = await two(nodes)
    await asyncio.gather(first.start(), first.start())
    address = first.address
    await asyncio.gather(first.stop(), first.stop(), second.stop())
    await first.stop()
    assert (address, first.address, first.stats().strangers) != ("", "", 0)
    assert first.address == ""
    first.send(2, Note(1))
    assert first.stats().peers[2].dropped == 1


async def test_stop_at_any_moment_leaves_nothing_behind(nodes: Nodes):
    """Unclosed sockets and transports warn when they are collected, and warnings are errors here."""
    await nodes.add(1, (1, 2))
    for turns in range(25):
        network = await nodes.add(2, (1, 2))
        for _ in range(turns):
            await asyncio.sleep(0)
        await network.stop()
        del network
    gc.collect()


async def test_port_in_use_names_address_and_remedy(nodes: Nodes):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nodes.addresses[1] = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigError, match=f"cannot listen at {nodes.addresses[1]}: another process uses the port"):
            await nodes.add(1)
    await nodes.networks[0].start()
    assert nodes.networks[0].address == nodes.addresses[1]


async def test_unusable_settings_are_refused_by_name(nodes: Nodes):
    nodes.addresses[1] = "192.0.2.1:7100"
    with pytest.raises(ConfigError, match=r"cannot listen at .*:7100: this machine has no such address"):
        await nodes.add(1)
    nodes.addresses[1] = "127.0.0.1"
    with pytest.raises(ConfigError, match=r"the address of node 1 is '.*': write host:port"):
        await nodes.add(1)
    with pytest.raises(ConfigError, match="peers has no address for node 2"):
        Network(
            identity=identity(1, (1, 2)),
            algorithm="test",
            messages=Note,
            peers={1: "127.0.0.1:0"},
            owner=Recorder(),
            on_error=print,
        )


async def test_listening_elsewhere_than_peers_call(nodes: Nodes):
    nodes.addresses[1] = "node-1.invalid:7101"
    network = await nodes.add(1, listen="127.0.0.1:0")
    peer = await RawPeer.connect(network.address, identity(3), 1)
    await nodes.owners[1].until_heard("connected", 3)
    await peer.close()


async def test_names_are_resolved(nodes: Nodes):
    await nodes.add(1, (1, 2))
    nodes.addresses[1] = nodes.addresses[1].replace("127.0.0.1", "localhost")
    await nodes.add(2, (1, 2))
    await nodes.owners[2].until_heard("connected", 1)


async def test_stats_tell_what_happened(nodes: Nodes):
    first, second = await two(nodes)
    first.send(2, Note(1, bytes(100)))
    await nodes.owners[2].until_heard("received", 1, Note(1, bytes(100)))
    ours, theirs = first.stats().peers[2], second.stats().peers[1]
    assert (ours.connected, ours.connects, ours.disconnects, ours.messages_out, ours.messages_in) == (True, 1, 0, 1, 0)
    assert (theirs.disk, theirs.incarnation, theirs.version, theirs.messages_in) == (1001, 1, 2, 1)
    assert ours.bytes_out == theirs.bytes_in > 100
    assert ours.bytes_in == theirs.bytes_out > 0
    await second.stop()
    await nodes.owners[1].until_heard("unreachable", 2)
    after = first.stats().peers[2]
    assert (after.connected, after.version, after.disconnects, after.messages_out) == (False, 0, 1, 1)
    assert after.last_error == "end_of_stream: the peer closed the connection"


@pytest.mark.parametrize("broken", ["connected", "received"])
async def test_error_of_the_owner_is_passed_on_and_breaks_the_link(nodes: Nodes, broken: str):
    bug = ValueError("bug in the driver")

    class Faulty(Recorder):
        def connected(self, peer: int, version: int) -> None:
            super().connected(peer, version)
            self.stumble("connected")

        def received(self, peer: int, message: Message) -> None:
            super().received(peer, message)
            self.stumble("received")

        def stumble(self, where: str) -> None:
            if where == broken and not self.errors:
                raise bug

    faulty = Faulty()
    network = await nodes.add(1, (1, 2), owner=faulty)
    second = await nodes.add(2, (1, 2))
    await nodes.owners[2].until_heard("connected", 1)
    for number in range(3):
        second.send(1, Note(number))
    await faulty.until_heard("disconnected", 2)
    assert faulty.errors == [bug]
    received = [item[2].number for item in faulty.heard if item[0] == "received"]
    assert received[:2] == ([0] if broken == "received" else []), "nothing after what the owner missed"
    await faulty.until_heard("connected", 2, times=2)
    assert network.stats().peers[2].connected
    faulty.errors.clear()


async def test_breaks_are_logged_once_in_a_while(nodes: Nodes, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG, logger="quorate.network"):
        await two(nodes, limits=NetworkLimits(log_interval_ms=600_000))
        for times in range(2, 8):
            link = nodes.networks[1]._peers[1].link
            assert link is not None
            link.abort("cut", "by the test")
            await nodes.owners[1].until_heard("connected", 2, times=times)
            await nodes.owners[2].until_heard("connected", 1, times=times)
    lines = [record.getMessage() for record in caplog.records]
    assert sum("node 2: link to node 1" in line and "broke: cut: by the test" in line for line in lines) == 1
    assert sum("node 2: link to node 1" in line and "is up" in line for line in lines) == 1
