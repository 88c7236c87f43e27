"""What a driver can say to the questions about its algorithm: its disk, its queues, its machine."""

from collections.abc import Iterable, Iterator

from quorate.core.finding import QUESTIONS, Explained, Finding, Recently, Why
from quorate.core.ids import MILLISECOND, Nanos, NodeId
from quorate.core.words import span

LONG_WRITE_NS: Nanos = 100 * MILLISECOND
"""A write to disk that takes longer is worth a word: heartbeats wait behind it."""


def why_here(
    me: NodeId, now: Nanos, *, writing_since: Nanos | None, queued: int, in_flight: int, loading: bool
) -> Iterator[Finding]:
    """`writing_since`: of the write under way; None: there is none. `queued`: commands of callers here that are not proposed yet, and
    `in_flight`: batches that are. `loading`: the machine's state is being replaced."""
    took = 0 if writing_since is None else now - writing_since
    if took > LONG_WRITE_NS:
        text = f"a write to this node's disk has been under way for {span(took)}: all that depends on the disk waits for it"
        yield Finding("commit", "disk_hangs", text, me)
        yield Finding("vote", "disk_hangs", f"a vote must be on disk first, and {text}", me)
        yield Finding("slow", "disk_hangs", text, me)
    if queued or in_flight:
        text = f"of callers on this node {in_flight:,} batches are proposed and not decided, and {queued:,} commands wait behind them"
        yield Finding("commit", "callers_wait", text, me)
    if loading:
        text = "this node's machine is being given the state of a snapshot: what is committed waits to be applied"
        yield Finding("commit", "loading", text, me)


def in_order(findings: Iterable[Finding], now: Nanos, recent: Iterable[Explained]) -> Why:
    """By question, each as its authors had them; and what was explained lately, with its age."""
    by_question = sorted(findings, key=lambda finding: QUESTIONS.index(finding.question))
    return Why(by_question, [Recently(now - one.at, one.reason, one.fields) for one in recent])
