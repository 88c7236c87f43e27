"""What a leader knows of one peer: modes, next and match, the window."""

import pytest

from algorithms.raft.disk import meta_of
from quorate.algorithms.raft.progress import Mode, Progress
from quorate.core.errors import InvariantError


def replicating(match: int = 3) -> Progress:
    """A peer that has everything up to `match`."""
    progress = Progress(match + 1, now=0)
    progress.advance(match, 0)
    progress.become_replicate()
    return progress


def test_a_new_one_probes() -> None:
    progress = Progress(5, now=7)
    assert (progress.mode, progress.next, progress.match, progress.contact_at) == (Mode.PROBE, 5, 0, 7)
    progress.check()


def test_advance_frees_the_window_up_to_match() -> None:
    progress = replicating(3)
    for last, size in ((4, 10), (6, 20), (7, 30)):
        progress.sent(last, size)
    assert (progress.next, progress.window_bytes) == (8, 60)
    progress.advance(5, 0)
    assert (progress.match, progress.next, list(progress.window), progress.window_bytes) == (
        5,
        8,
        [(6, 20), (7, 30)],
        50,
    )
    progress.advance(2, 0)
    assert (progress.match, progress.window_bytes) == (5, 50), "an old acknowledgment frees nothing"
    progress.advance(9, 0)
    assert (progress.match, progress.next, progress.window_bytes) == (9, 10, 0), "next is never at or below match"
    progress.check()


def test_the_window_is_full_in_messages_or_in_bytes() -> None:
    progress = replicating()
    assert not progress.window_full(2, 100)
    progress.sent(4, 99)
    assert not progress.window_full(2, 100)
    progress.sent(5, 1)
    assert progress.window_full(2, 1000)
    assert progress.window_full(9, 100)


def test_probing_starts_at_the_hint_but_never_at_or_below_match() -> None:
    progress = replicating(3)
    progress.sent(6, 10)
    progress.become_probe(1)
    assert (progress.mode, progress.next, progress.probe_sent_at) == (Mode.PROBE, 4, None)
    assert (list(progress.window), progress.window_bytes) == ([], 0), "nothing counts as sent"
    progress.become_probe(9)
    assert progress.next == 9


def test_snapshot_mode_ends_either_way() -> None:
    for leave in (Progress.become_replicate, lambda progress: progress.become_probe(4)):
        progress = replicating(3)
        progress.sent(6, 10)
        progress.become_snapshot(meta_of(9, 1), now=5)
        assert (progress.mode, progress.offered, progress.window_bytes) == (Mode.SNAPSHOT, meta_of(9, 1), 0)
        progress.check()
        leave(progress)
        assert (progress.offered, progress.next, progress.match) == (None, 4, 3)
        progress.check()


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda progress: setattr(progress, "next", 3), "match 3 must be below next 3"),
        (lambda progress: setattr(progress, "window_bytes", 1), "the window's bytes do not add up"),
        (lambda progress: setattr(progress, "mode", Mode.SNAPSHOT), "mode snapshot with snapshot None"),
    ],
)
def test_check_finds_what_is_broken(damage: object, complaint: str) -> None:
    progress = replicating(3)
    progress.check()
    damage(progress)  # type: ignore[operator]
    with pytest.raises(InvariantError, match=complaint):
        progress.check()
