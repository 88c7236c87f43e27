"""When an entry is committed. Every combination of acknowledgments: S-R2 and S-R3 in tests/scenarios/test_commit.py."""

import pytest

from algorithms.raft.harness import log_of, noop
from algorithms.raft.scenes import acknowledge, batch, leader, ready_leader
from quorate.algorithms.raft.commit import advance_commit, apply_and_announce
from quorate.core.effects import Apply, LeaderChanged


@pytest.mark.parametrize(
    ("matches", "durable", "commit"),
    [
        ({2: 0, 3: 0}, 3, 0),
        ({2: 3, 3: 0}, 3, 3),
        ({2: 3, 3: 0}, 2, 0),
        ({2: 3, 3: 3}, 0, 3),
        ({2: 2, 3: 2}, 3, 0),
    ],
)
def test_only_what_a_quorum_has_on_disk_and_only_of_this_term(
    matches: dict[int, int], durable: int, commit: int
) -> None:
    """Entries 1 and 2 are of earlier terms, 3 is the leader's own."""
    server = leader(term=3, entries=log_of(1, 2))
    state = server.state
    state.durable = durable
    for peer, match in matches.items():
        state.progress[peer].advance(match, 0)
    assert advance_commit(state) is (commit > 0)
    assert state.commit == commit
    assert advance_commit(state) is False


def test_what_is_committed_leaves_the_uncommitted_tail() -> None:
    server = ready_leader()
    for number, size in enumerate((10, 20, 30), start=1):
        server.propose(bytes(size), number)
    assert server.state.uncommitted_bytes == 60
    server.disk()
    acknowledge(server, [2], match=3)
    assert (server.state.commit, server.state.uncommitted_bytes) == (3, 30)
    acknowledge(server, [3], match=4)
    assert server.state.uncommitted_bytes == 0


def test_a_tail_taken_over_is_counted() -> None:
    server = leader(term=3, entries=(batch(1, 1, b"abc"), batch(2, 2, b"defgh")), commit=1)
    assert server.state.uncommitted_bytes == 5


def test_ready_is_told_once_when_the_first_entry_is_applied() -> None:
    """Committed is not enough: it must be on the own disk, and handed out before the news."""
    server = leader(term=3, written=False, entries=log_of(1))
    acknowledge(server, [2, 3])
    assert (server.state.commit, server.state.ready, server.told) == (2, False, [])
    effects = server.finish_write()
    assert effects == [Apply((noop(2, 3),)), LeaderChanged(1, 3, ready=True)]
    apply_and_announce(server.state)
    assert server.state.out == []
