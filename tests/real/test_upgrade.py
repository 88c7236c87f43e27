"""Rolling upgrades over real sockets and files (S-D7). A node of an older release is one that is held to its protocol version."""

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from quorate import KeyValueMachine, Node, ProposalRejectedError, QuorateError, RequestFailedError
from quorate.core.message import Message
from quorate.machines.kv import Put, encode_command
from quorate.real.network_limits import NetworkLimits
from real.network_fakes import Ask, Nodes, Note, RawPeer, eventually, identity
from real.processes import free_ports, until

FIXTURE = Path(__file__).parents[1] / "storage" / "fixtures" / "release-0.1.0"
QUICK = {"election_timeout_ms": 250, "heartbeat_ms": 50, "snapshot_entries": 30, "log_tail_entries": 10}


class Sing(Message, frozen=True):
    """What only a newer release knows."""

    text: str


@pytest.fixture
async def nodes() -> AsyncIterator[Nodes]:
    made = Nodes()
    yield made
    await made.stop()


class Writers:
    """Puts keys through whichever node serves, one after the other, until told to stop; `acknowledged` is what must never be lost."""

    def __init__(self, nodes: dict[int, Node[KeyValueMachine]]) -> None:
        self.acknowledged: list[bytes] = []
        self.stopping = False
        self._nodes = nodes

    async def run(self, name: str) -> None:
        for number in itertools.count():
            key = f"{name}-{number:05}".encode()
            while not await self._put(key):
                if self.stopping:
                    return
                await asyncio.sleep(0)
            self.acknowledged.append(key)
            if self.stopping:
                return

    async def until_more(self, count: int) -> None:
        """Wait until so many more were acknowledged."""
        had = len(self.acknowledged)

        async def more() -> bool:
            return len(self.acknowledged) >= had + count

        await until(more, f"{count} more writes are acknowledged")

    async def _put(self, key: bytes) -> bool:
        for node in list(self._nodes.values()):
            # Refused, unknown, stopped: all of them happen to a writer whose nodes are being replaced.
            with contextlib.suppress(QuorateError):
                await node.apply(encode_command(Put(key, key)), timeout=2)
                return True
        return False


def caught_up(nodes: dict[int, Node[KeyValueMachine]], number: int) -> Callable[[], Awaitable[bool]]:
    """Whether node `number` has applied what any had applied by now."""
    applied = max(node.status().applied for node in nodes.values())

    async def has() -> bool:
        return nodes[number].status().applied >= applied

    return has


async def test_s_d7_a_rolling_upgrade_under_writes_loses_nothing(tmp_path: Path) -> None:
    """All of version 1, then one after the other of version 2, while writers go on; and back again for one of them."""
    peers = {node: f"127.0.0.1:{port}" for node, port in enumerate(free_ports(3), start=1)}
    async with AsyncExitStack() as stack:
        nodes: dict[int, Node[KeyValueMachine]] = {}

        async def start(number: int, version: int) -> None:
            options = QUICK | {"max_protocol_version": version}
            folder = tmp_path / str(number)
            node = Node(id=number, peers=peers, data_dir=folder, machine=KeyValueMachine(), options=options)
            nodes[number] = await stack.enter_async_context(node)

        for number in peers:
            await start(number, 1)
        await nodes[1].wait_for_leader(30)
        writers = Writers(nodes)
        tasks = [asyncio.create_task(writers.run(name)) for name in ("a", "b", "c")]
        for number, version in ((1, 2), (2, 2), (2, 1), (3, 2), (2, 2)):
            await writers.until_more(40)
            await nodes.pop(number).stop()
            await writers.until_more(40)
            await start(number, version)
            await until(caught_up(nodes, number), f"node {number} has caught up")
        writers.stopping = True
        await asyncio.gather(*tasks)
        assert len(writers.acknowledged) > 400
        for node in nodes.values():
            found = await node.read(
                lambda machine: {pair.key for pair in machine.range(b"\0", b"\0", keys_only=True).pairs}
            )
            assert set(writers.acknowledged) <= found
        # All speak version 2 now, and what came with it works.
        leader = await nodes[1].wait_for_leader(30)
        target = leader % 3 + 1
        await nodes[target].transfer_leadership(target)
        assert await nodes[leader].wait_for_leader() == target


async def test_s_d7_what_is_new_is_refused_by_name_while_a_member_is_old(tmp_path: Path) -> None:
    peers = {node: f"127.0.0.1:{port}" for node, port in enumerate(free_ports(2), start=1)}
    async with AsyncExitStack() as stack:
        new, old = [
            await stack.enter_async_context(
                Node(
                    id=node,
                    peers=peers,
                    data_dir=tmp_path / str(node),
                    machine=KeyValueMachine(),
                    options=QUICK | {"max_protocol_version": version},
                )
            )
            for node, version in ((1, 2), (2, 1))
        ]
        leader = await new.wait_for_leader(30)
        await (new if leader == 1 else old).apply(encode_command(Put(b"key", b"value")))
        for asked in (new, old):
            with pytest.raises(RequestFailedError) as caught:
                await asked.transfer_leadership(3 - leader)
            assert caught.value.reason == ("target_too_old" if asked.id == leader else "leader_too_old")


async def test_s_d7_a_directory_of_release_0_1_0_serves_again(tmp_path: Path) -> None:
    shutil.copytree(FIXTURE, tmp_path / "data")
    peers = {1: f"127.0.0.1:{free_ports(1)[0]}"}
    machine = KeyValueMachine()
    for turn, held in ((3, 98), (4, 100)):
        async with Node(id=1, peers=peers, data_dir=tmp_path / "data", machine=machine, cluster="fixture") as node:
            await node.wait_for_leader(30)
            assert await node.read(lambda kv: len(kv)) == held
            await node.apply(encode_command(Put(b"start", b"%d" % turn)))
            await node.apply(encode_command(Put(b"start-%d" % turn, b"")))
        machine = KeyValueMachine()


async def test_s_d7_what_the_peer_is_too_old_for_is_not_sent_and_counted(nodes: Nodes) -> None:
    held_back = NetworkLimits(max_protocol_version=1)
    first = await nodes.add(1, (1, 2), since={Ask: 2})
    await nodes.add(2, (1, 2), since={Ask: 2}, limits=held_back)
    await nodes.owners[1].until_heard("connected", 2)
    assert nodes.owners[1].versions == {2: 1}
    first.send(2, Ask("too new"))
    first.send(2, Note(1))
    await nodes.owners[2].until_heard("received", 1, Note(1))
    assert nodes.owners[2].count("received") == 1
    peer = first.stats().peers[2]
    assert (peer.version, peer.withheld, peer.messages_out, peer.connected) == (1, 1, 1, True)


async def test_s_d7_a_message_type_of_a_newer_release_is_dropped_and_counted_and_the_link_lives(
    nodes: Nodes, caplog: pytest.LogCaptureFixture
) -> None:
    network = await nodes.add(1)
    newer = await RawPeer.connect(network.address, identity(3), 1, newest=3)
    await nodes.owners[1].until_heard("connected", 3)
    newer.say(Sing("a song"))
    newer.say(Note(2))
    await nodes.owners[1].until_heard("received", 3, Note(2))
    peer = network.stats().peers[3]
    assert (peer.version, peer.unknown, peer.connected) == (2, 1, True)
    assert (
        "dropped a message of type Sing from node 3, whose release is newer: upgrade this node as well" in caplog.text
    )
    await newer.close()


async def test_s_d7_from_a_release_that_is_not_newer_it_breaks_the_link(nodes: Nodes) -> None:
    network = await nodes.add(1)
    same = await RawPeer.connect(network.address, identity(3), 1)
    await nodes.owners[1].until_heard("connected", 3)
    same.say(Sing("a song"))
    await nodes.owners[1].until_heard("refused", 3, "bad_frame")
    await eventually(lambda: not network.stats().peers[3].connected)
    await same.close()


async def test_s_d7_keys_wait_until_all_members_can_read_them(tmp_path: Path) -> None:
    """A node that overlooks a key would apply twice what the others apply once."""
    peers = {node: f"127.0.0.1:{port}" for node, port in enumerate(free_ports(2), start=1)}

    def make(node: int, version: int) -> Node[KeyValueMachine]:
        options = QUICK | {"max_protocol_version": version}
        return Node(id=node, peers=peers, data_dir=tmp_path / str(node), machine=KeyValueMachine(), options=options)

    async with make(1, 2) as new:
        async with make(2, 1):
            await new.wait_for_leader(30)
            await new.apply(encode_command(Put(b"key", b"value")))
            with pytest.raises(ProposalRejectedError, match="member_too_old"):
                await new.open_session()
        async with make(2, 2):

            async def session_opened() -> bool:
                with contextlib.suppress(ProposalRejectedError):  # until the two have met again
                    return bool(await new.open_session())
                return False

            await until(session_opened, "a session is opened")
