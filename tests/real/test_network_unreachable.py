"""A process that is killed is known to be gone on both sides of its links, at once."""

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, Process

import pytest

from real.network_fakes import PATIENCE_S, Nodes, RawPeer, identity

pytestmark = [pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"]), pytest.mark.real]


@pytest.fixture
async def nodes():
    made = Nodes()
    yield made
    await made.stop()
    assert [error for owner in made.owners.values() for error in owner.errors] == []


async def start_child(nodes: Nodes, node: int) -> Process:
    """A process with the network of `node`, which calls lower ids and is called by higher ones."""
    peers = {1: nodes.addresses[1], 2: "127.0.0.1:1", 3: "127.0.0.1:1"} | {node: "127.0.0.1:0"}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "real.network_child",
        str(node),
        *(f"{member}={address}" for member, address in peers.items()),
        stdout=PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert child.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        word, address = (await child.stdout.readline()).decode().split()
    assert word == "listening"
    nodes.addresses[node] = address
    for network in nodes.networks:
        network.set_address(node, address)
    return child


async def test_kill_nine_is_noticed_on_both_sides(nodes: Nodes):
    """Node 2 is killed: node 1 was called by it, node 3 called it."""
    await nodes.add(1)
    child = await start_child(nodes, 2)
    await nodes.add(3)
    for survivor in (1, 3):
        await nodes.owners[survivor].until_heard("connected", 2)
    killed_at = time.monotonic()
    child.kill()
    for survivor in (1, 3):
        await nodes.owners[survivor].until_heard("unreachable", 2)
    took = time.monotonic() - killed_at
    await child.wait()
    for survivor in (1, 3):
        assert nodes.owners[survivor].of(2) == [("connected",), ("disconnected",), ("unreachable",)]
        assert nodes.owners[survivor].of(4 - survivor) == [("connected",)]
    assert took < 5.0, f"it took {took:.3f} s; milliseconds are expected"


async def test_node_that_comes_back_is_connected_again_and_may_be_killed_again(nodes: Nodes):
    await nodes.add(1)
    for times in (1, 2):
        child = await start_child(nodes, 2)
        await nodes.owners[1].until_heard("connected", 2, times=times)
        child.kill()
        await nodes.owners[1].until_heard("unreachable", 2, times=times)
        await child.wait()
    assert nodes.owners[1].of(2) == [("connected",), ("disconnected",), ("unreachable",)] * 2


async def test_link_that_breaks_while_somebody_listens_gives_no_false_alarm(nodes: Nodes):
    """Only the connection is lost; the listener at the peer's address lives on."""
    network = await nodes.add(1)
    listener = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    host, port = listener.sockets[0].getsockname()
    network.set_address(3, f"{host}:{port}")
    peer = await RawPeer.connect(network.address, identity(3), 1)
    await nodes.owners[1].until_heard("connected", 3)
    await peer.close()
    await nodes.owners[1].until_heard("disconnected", 3)
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*network._tasks)
    assert nodes.owners[1].of(3) == [("connected",), ("disconnected",)]
    listener.close()
    await listener.wait_closed()


async def test_peer_that_is_back_before_the_answer_is_not_called_gone(nodes: Nodes):
    network = await nodes.add(1)
    network.set_address(3, "127.0.0.1:1")  # nobody listens there
    first = await RawPeer.connect(network.address, identity(3), 1)
    await nodes.owners[1].until_heard("connected", 3)
    peer = network._peers[3]
    held_back: list[asyncio.Event] = [asyncio.Event()]
    original = network._probe

    async def slow_probe(of: object) -> None:
        await held_back[0].wait()
        await original(peer)

    network._probe = slow_probe  # type: ignore[method-assign, assignment]
    await first.close()
    await nodes.owners[1].until_heard("disconnected", 3)
    second = await RawPeer.connect(network.address, identity(3), 1)
    await nodes.owners[1].until_heard("connected", 3, times=2)
    held_back[0].set()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*network._tasks)
    assert nodes.owners[1].of(3) == [("connected",), ("disconnected",), ("connected",)]
    await second.close()
    await nodes.owners[1].until_heard("unreachable", 3)
