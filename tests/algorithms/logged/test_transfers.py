"""Places and rate of snapshots under way."""

from algorithms.raft.disk import meta_of
from quorate.algorithms.logged.outgoing import Outgoing
from quorate.algorithms.logged.transfers import Candidate, Transfers
from quorate.core.ids import SECOND

META = meta_of(1, 1, b"x" * 100)


def under_way(*peers: int, silent: tuple[int, ...] = ()) -> list[Candidate]:
    found = []
    for peer in peers:
        outgoing = Outgoing(META, 0)
        outgoing.go_on(0)
        found.append(Candidate(peer, outgoing, silent=peer in silent))
    return found


def asked(
    transfers: Transfers, peers: list[Candidate], now: int = 0, rate: int = 0, places: int = 2
) -> list[tuple[int, int]]:
    chunks = transfers.next_chunks(peers, now, places=places, chunk_bytes=40, bytes_per_s=rate)
    return [(chunk.peer, chunk.offset) for chunk in chunks]


def test_few_have_a_place_and_each_a_window() -> None:
    transfers, peers = Transfers(), under_way(1, 2, 3)
    assert asked(transfers, peers) == [(1, 0), (2, 0)]
    assert asked(transfers, peers) == []
    peers[0].outgoing.arrived(40, 1, SECOND, 4)
    assert asked(transfers, peers, 1) == [(1, 40), (1, 80)]


def test_who_has_fallen_silent_gives_its_place_up() -> None:
    transfers, peers = Transfers(), under_way(1, 2)
    assert asked(transfers, peers, places=1) == [(1, 0)]
    silent = [peers[0]._replace(silent=True), peers[1]]
    assert asked(transfers, silent, places=1) == [(2, 0)]


def test_all_share_one_rate() -> None:
    transfers, peers = Transfers(), under_way(1, 2)
    assert asked(transfers, peers, rate=40) == [(1, 0)]
    outgoing = [each.outgoing for each in peers]
    assert transfers.due(outgoing, 0) == SECOND
    assert asked(transfers, peers, SECOND, rate=40) == [(2, 0)]
    assert transfers.due([], 0) is None
