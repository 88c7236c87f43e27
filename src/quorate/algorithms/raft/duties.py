"""How Raft does what any leader of a log does: appends, tells, hands over, gives up."""

from collections.abc import Collection

from quorate.algorithms.logged.duties import Duties, Reach, Rules
from quorate.algorithms.logged.quorum import Tally, joint_tally
from quorate.algorithms.raft.lease import note_hand_over
from quorate.algorithms.raft.messages import Ask, Removed, TimeoutNow
from quorate.algorithms.raft.roles import become_follower
from quorate.algorithms.raft.sending import append_as_leader
from quorate.algorithms.raft.state import RaftState, Role
from quorate.algorithms.raft.versions import all_understand, understands
from quorate.core.configuration import Configuration
from quorate.core.effects import Send
from quorate.core.ids import NodeId
from quorate.core.requests import ChangeMembers, Request


class RaftDuties(Duties):
    """Of one node."""

    def __init__(self, raft: RaftState) -> None:
        config = raft.config
        super().__init__(
            raft,
            Rules(
                config.election_timeout_ns,
                config.catch_up_entries,
                config.remove_dead_after_ns,
                config.least_voters,
                config.disk_slow_factor,
            ),
        )
        self._raft = raft

    @property
    def leads(self) -> bool:
        """In this term."""
        return self._raft.role is Role.LEADER

    def reach(self, peer: NodeId) -> Reach | None:
        """From its answers."""
        progress = self._raft.progress.get(peer)
        if progress is None:
            return None
        return Reach(progress.match, progress.contact_at, progress.full, progress.answer_ns)

    def unable(self, peer: NodeId) -> str:
        """It must know the order to campaign."""
        return "" if understands(self._raft, peer, TimeoutNow) else "target_too_old"

    def obstacle(self) -> str:
        """Not before a commit of the own term, and only what all members can read in their logs."""
        raft = self._raft
        if raft.commit < raft.noop_index:
            return "not_ready"
        return "" if all_understand(raft, ChangeMembers) else "member_too_old"

    def unfit(self, _configuration: Configuration) -> str:
        """A majority works with any voters."""
        return ""

    @property
    def one_step(self) -> bool:
        """Majorities."""
        return True

    def decides(self, nodes: Collection[NodeId]) -> bool:
        """A majority of each set."""
        return joint_tally(self._raft.voter_sets, dict.fromkeys(nodes, True)) is Tally.WON

    def append(self, kind: int, data: bytes, crc: int) -> None:
        """As any other entry."""
        append_as_leader(self._raft, kind, data, crc)

    def dismiss(self, peer: NodeId) -> None:
        """In the present term."""
        self._raft.send(peer, Removed(self._raft.term, self._raft.configuration.index))

    def order(self, target: NodeId) -> None:
        """It campaigns; this leader goes on until somebody has a newer term."""
        note_hand_over(self._raft)
        self._raft.out.append(Send(target, TimeoutNow(self._raft.term), at_once=True))

    def give_up(self, successor: NodeId | None, why: str) -> None:
        """A candidate too; a follower has nothing to give up."""
        raft = self._raft
        if raft.role is Role.FOLLOWER:
            return
        if successor is not None:
            self.order(successor)
        raft.why = why
        become_follower(raft, None)
        raft.reset_election_deadline()

    def pass_on(self, incarnation: int, request_id: int, request: Request) -> None:
        """One hop."""
        if self._raft.leader is not None:
            self._raft.send(self._raft.leader, Ask(self._raft.term, incarnation, request_id, request))
