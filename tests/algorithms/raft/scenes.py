"""Servers in a certain state, brought there by events alone."""

from collections.abc import Collection
from typing import Any
from zlib import crc32

from algorithms.raft.harness import Server
from quorate.algorithms.raft.messages import Append, AppendReply, PreVoteReply, VoteReply
from quorate.core.entry import Entry, EntryKind
from quorate.core.ids import Index, NodeId, Term


def follower(
    node: NodeId = 1, *, leader: NodeId | None = 3, term: Term = 1, commit: Index = 0, **settings: Any
) -> Server:
    """A follower that has heard `leader` in `term`; its entries are on disk, what `commit` covers is applied, and nothing is under way."""
    server = Server(node, term=term, **settings)
    if leader is not None:
        log = server.state.log
        server.receive(leader, Append(term, 1, log.last_index, log.last_term, commit))
        server.disk()
    server.sent()
    server.all_effects.clear()
    server.told.clear()
    return server


def pre_candidate(node: NodeId = 1, *, term: Term = 1, **settings: Any) -> Server:
    """Its election timeout has passed; nobody has answered yet."""
    server = Server(node, term=term, **settings)
    server.time_out()
    assert server.state.role.value == "pre_candidate"
    server.sent()
    return server


def candidate(node: NodeId = 1, *, term: Term = 2, written: bool = True, **settings: Any) -> Server:
    """It campaigns for `term`; its own vote is on disk if `written`. Nobody has answered yet."""
    server = pre_candidate(node, term=term - 1, **settings)
    for peer in majority(server):
        server.receive(peer, PreVoteReply(term - 1, term, granted=True))
    assert server.state.role.value == "candidate"
    if written:
        server.disk()
    server.sent()
    return server


def leader(node: NodeId = 1, *, term: Term = 2, written: bool = True, **settings: Any) -> Server:
    """It has just won `term` by the votes of all, and has sent its first entry, which is on its own disk if `written`."""
    server = candidate(node, term=term, **settings)
    for peer in majority(server):
        server.receive(peer, VoteReply(term, term, granted=True))
    assert server.leads
    if written:
        server.disk()
    server.sent()
    server.all_effects.clear()
    server.told.clear()
    return server


def ready_leader(node: NodeId = 1, *, term: Term = 2, **settings: Any) -> Server:
    """Its first entry is committed and applied, every peer has it and is being streamed to."""
    server = leader(node, term=term, **settings)
    acknowledge(server, server.state.peers)
    assert server.state.ready
    server.sent()
    server.all_effects.clear()
    server.told.clear()
    return server


def acknowledge(server: Server, peers: Collection[NodeId], match: Index | None = None) -> None:
    """Peers say that they have everything up to `match`; without it, everything there is."""
    for peer in peers:
        state = server.state
        index = state.log.last_index if match is None else match
        silence_ms = server.config.silence_ms
        server.receive(peer, AppendReply(state.term, state.round, ok=True, match=index, silence_ms=silence_ms))


def majority(server: Server) -> tuple[NodeId, ...]:
    """As many peers as make a majority together with the server itself."""
    peers = server.state.peers
    return peers[: (len(peers) + 1) // 2]


def batch(index: Index, term: Term, data: bytes = b"x") -> Entry:
    """An entry with a payload."""
    return Entry(index, term, EntryKind.BATCH, data, crc32(data))
