"""What must hold of a Raft cluster after every step: the five properties of the paper's Figure 3, and what they stand on.

Dumb on purpose: everything is compared with everything, from inspections, disks and effects alone.
"""

from algorithms.raft.harness import Server
from quorate.algorithms.raft.messages import Forward, RaftHardState
from quorate.core.effects import (
    Apply,
    Effect,
    LeaderChanged,
    LoadSnapshot,
    Persist,
    ReadReady,
    ReadRefused,
    Rejected,
    Send,
    Unresolved,
)
from quorate.core.events import Event, Proposed, ReadRequested, Received, TimePassed
from quorate.core.ids import Index, NodeId, Term

Key = tuple[NodeId, int]
"""A process: node and incarnation."""


class Watcher:
    """Sees every step of every server, and remembers what may never be contradicted."""

    def __init__(self) -> None:
        self.servers: dict[NodeId, Server] = {}
        self.members: tuple[NodeId, ...] = ()
        self.leaders: dict[Term, NodeId] = {}
        self.votes: dict[tuple[NodeId, Term], NodeId] = {}
        self.committed: dict[Index, tuple[Term, int]] = {}
        self.leader_log: dict[tuple[NodeId, Term], list[tuple[Index, Term, int]]] = {}
        self.commits: dict[Key, Index] = {}
        self.acknowledged: Index = 0
        self.reads: dict[tuple[Key, int], Index] = {}
        self.announced: dict[Key, tuple[NodeId | None, Term, bool]] = {}
        self.proposed: dict[bytes, int] = {}
        self.rejected: set[bytes] = set()
        self.pending: dict[Key, dict[int, bytes]] = {}
        self.counts: dict[str, int] = {}

    def count(self, what: str) -> None:
        """For coverage: a walk that never does something proves nothing about it."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def stepped(self, server: Server, event: Event | None, effects: list[Effect]) -> None:
        """All checks, in the order in which a break is told best."""
        self._watch_disk_votes(server)
        self._watch_election(server)
        self._watch_commit(server)
        self._watch_logs(server)
        self._watch_progress(server)
        self._watch_announcements(server, effects)
        self._watch_callers(server, event, effects)
        if isinstance(event, TimePassed):
            deadline = server.raft.deadline()
            assert deadline is not None
            # A short random wait may be drawn as zero; what is past would be a busy loop.
            assert deadline >= server.now, "the deadline stays in the past"
        for effect in effects:
            if isinstance(effect, Persist) and effect.truncate_from is not None:
                self.count("truncation")
            if isinstance(effect, LoadSnapshot):
                self.count("install")
            if isinstance(effect, Apply):
                self.acknowledged = max(self.acknowledged, effect.entries[-1].index)

    # Elections

    def _watch_disk_votes(self, server: Server) -> None:
        for hard in server.pretended.hard_states:
            if isinstance(hard, RaftHardState) and hard.voted_for is not None:
                vote = self.votes.setdefault((server.node, hard.term), hard.voted_for)
                assert vote == hard.voted_for, f"node {server.node} voted for {vote} and {hard.voted_for}: {hard.term}"
        server.pretended.hard_states.clear()

    def _watch_election(self, server: Server) -> None:
        if not server.leads:
            return
        term = server.state.term
        fresh = term not in self.leaders
        leader = self.leaders.setdefault(term, server.node)
        assert leader == server.node, f"Election Safety: {leader} and {server.node} both lead term {term}"
        if not fresh:
            return
        self.count("election")
        granted = [node for node in self.members if self.votes.get((node, term)) == server.node]
        assert len(granted) > len(self.members) // 2, f"node {server.node} leads by the durable votes of {granted}"
        log = server.state.log
        for index, (term_there, _) in self.committed.items():
            if index >= log.start.index:
                assert log.term_at(index) == term_there, f"Leader Completeness: {server.node} lacks {index} in {term}"

    # Logs

    def _watch_commit(self, server: Server) -> None:
        state = server.state
        key = (server.node, server.identity.incarnation)
        before = self.commits.get(key, state.snapshot_index)
        assert state.commit >= before, f"node {server.node}: commit went back from {before} to {state.commit}"
        self.commits[key] = state.commit
        for index in range(max(before, state.log.start.index) + 1, state.commit + 1):
            entry = state.log.entry(index)
            fresh = index not in self.committed
            known = self.committed.setdefault(index, (entry.term, entry.crc))
            assert known == (entry.term, entry.crc), f"State Machine Safety: {known} and {entry} at {index}"
            if fresh:
                self.count("older term commit" if entry.term < state.term else "commit")
                self._check_on_quorum(index, entry.term)

    def _check_on_quorum(self, index: Index, term: Term) -> None:
        holders = 0
        for server in self.servers.values():
            disk = server.pretended
            covered = disk.newest is not None and disk.newest.index >= index
            holders += disk.term_at(index) == term or covered
        assert holders > len(self.members) // 2, f"{index} of term {term} is committed, but on {holders} disks only"

    def _watch_logs(self, server: Server) -> None:
        log = server.state.log
        ours = {entry.index: (entry.term, entry.crc) for entry in log.between(log.start.index + 1, log.last_index)}
        for other in self.servers.values():
            if other is server:
                continue
            theirs = other.state.log
            low = max(log.start.index, theirs.start.index)
            matching = False
            for index in range(min(log.last_index, theirs.last_index), low, -1):
                entry = theirs.entry(index)
                matching = matching or entry.term == ours[index][0]
                if matching:
                    assert ours[index] == (entry.term, entry.crc), (
                        f"Log Matching at {index}: {server.node}/{other.node}"
                    )
        if server.leads:
            key = (server.node, server.state.term)
            before = self.leader_log.get(key, [])
            now = [(index, *ours[index]) for index in ours]
            if before and now:
                kept = [item for item in before if item[0] >= now[0][0]]
                assert now[: len(kept)] == kept, f"Leader Append-Only: node {server.node} in term {server.state.term}"
            self.leader_log[key] = now

    def _watch_progress(self, server: Server) -> None:
        if not server.leads:
            return
        for peer, progress in server.state.progress.items():
            other = self.servers.get(peer)
            if other is None or not progress.match:
                continue
            disk = other.pretended
            if isinstance(disk.hard_state, RaftHardState) and disk.hard_state.term > server.state.term:
                continue  # it follows a later leader by now, which may have overwritten what this one knew
            covered = disk.newest is not None and disk.newest.index >= progress.match
            assert covered or disk.last >= progress.match, f"match {progress.match} of {peer}, its disk has {disk.last}"
            ours = server.state.log.term_at(progress.match)
            theirs = disk.term_at(progress.match)
            assert ours is None or theirs is None or ours == theirs, f"match {progress.match} of {peer} does not match"

    # What the application and callers are told

    def _watch_announcements(self, server: Server, effects: list[Effect]) -> None:
        key = (server.node, server.identity.incarnation)
        for effect in effects:
            if isinstance(effect, LeaderChanged):
                news = (effect.leader, effect.term if effect.leader else 0, effect.ready)
                assert news != self.announced.get(key, (None, 0, False)), f"told twice: {effect}"
                if effect.ready:
                    assert self.announced[key] == (server.node, effect.term, False), f"ready out of the blue: {effect}"
                self.announced[key] = news
        told, term, ready = self.announced.get(key, (None, 0, False))
        state = server.state
        assert told == state.leader, f"told {told}, but follows {state.leader}"
        assert told is None or term == state.term, f"told of term {term}, but is in {state.term}"
        assert ready == state.ready
        assert not ready or state.applied >= state.noop_index

    def _watch_callers(self, server: Server, event: Event | None, effects: list[Effect]) -> None:
        key = (server.node, server.identity.incarnation)
        pending = self.pending.setdefault(key, {})
        if isinstance(event, ReadRequested):
            self.reads[(key, event.id)] = self.acknowledged
        if isinstance(event, Proposed):
            pending[event.sequence] = event.data
        if isinstance(event, Received) and isinstance(event.message, Forward):
            self.count("forward")
        for effect in effects:
            if isinstance(effect, ReadReady):
                self.count("read")
                least = self.reads.pop((key, effect.id))
                assert effect.index >= least, f"stale read: {effect}, but {least} was applied when it was asked"
            elif isinstance(effect, ReadRefused):
                assert self.reads.pop((key, effect.id), None) is not None, f"answered twice: {effect}"
            elif isinstance(effect, Rejected):
                self.count("rejected")
                self.rejected.add(pending.pop(effect.sequence))
            elif isinstance(effect, Unresolved):
                pending.pop(effect.sequence, None)
        if self.rejected:
            log = server.state.log
            for entry in log.between(log.start.index + 1, log.last_index):
                assert entry.data not in self.rejected, (
                    f"{entry.data!r} was refused for good, yet node {server.node} has it"
                )


def check_sends_show_nothing_volatile(server: Server, effects: list[Effect]) -> None:
    """A `Send` before the step's `Persist` must not show a term or vote that only this `Persist` makes durable."""
    hard = [effect for effect in effects if isinstance(effect, Persist) and effect.hard_state is not None]
    if hard:
        before = effects[: effects.index(hard[0])]
        assert not any(isinstance(effect, Send) for effect in before), f"node {server.node} sends before it writes"
