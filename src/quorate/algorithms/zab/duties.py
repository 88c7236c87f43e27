"""How ZAB does what any leader of a log does: appends, tells, hands over, gives up."""

from collections.abc import Collection

from quorate.algorithms.logged.duties import Duties, Reach, Rules
from quorate.algorithms.zab.broadcast import propose_as_leader, roll_over
from quorate.algorithms.zab.messages import Ask, Removed
from quorate.algorithms.zab.roles import end_session, look_for_leader
from quorate.algorithms.zab.session import Stage
from quorate.algorithms.zab.state import Role, ZabState
from quorate.algorithms.zab.succession import hand_over
from quorate.core.configuration import Configuration
from quorate.core.ids import NodeId
from quorate.core.requests import Request

NOTHING = -1
"""The match of a peer that is not in line yet."""


class ZabDuties(Duties):
    """Of one server. It leads when its epoch is established: then everything before it is committed."""

    def __init__(self, zab: ZabState) -> None:
        config = zab.config
        super().__init__(
            zab,
            Rules(
                config.sync_ns,
                config.catch_up_entries,
                config.remove_dead_after_ns,
                config.least_voters,
                config.disk_slow_factor,
            ),
        )
        self._zab = zab

    @property
    def leads(self) -> bool:
        """An established epoch."""
        return self._zab.leader == self._zab.me

    def reach(self, peer: NodeId) -> Reach | None:
        """From its session; before it has taken the history over it has nothing that could be counted upon, not even an empty log."""
        zab, leading = self._zab, self._zab.leading
        if leading is None:
            return None
        session = leading.sessions.get(peer)
        if session is None:
            return Reach(NOTHING, max(zab.heard_at.get(peer, 0), leading.began))
        match = session.acked_to if session.stage is Stage.ACTIVE else NOTHING
        return Reach(match, session.heard_at, session.full, session.answer_ns)

    def unable(self, peer: NodeId) -> str:
        """Who weighs nothing never leads."""
        return "" if self._zab.quorums.weight(peer) else "weighs_nothing"

    def obstacle(self) -> str:
        """Nothing before the epoch is established."""
        return "" if self.leads else "not_ready"

    def unfit(self, configuration: Configuration) -> str:
        """With groups, each new voter must be in one, and who is to vote one day, too; and whatever the weights, some voters decide."""
        quorums, before = self._zab.quorums, self._zab.configuration
        waiting = {member.id for member in before.members if member.wants_vote}
        to_vote = {*configuration.voters, *(member.id for member in configuration.members if member.wants_vote)}
        if any(not quorums.grouped(node) for node in to_vote.difference(before.voters, waiting)):
            return "in_no_group"
        return "" if quorums.decides([configuration.voters], configuration.voters) else "weighs_nothing"

    @property
    def one_step(self) -> bool:
        """Only where a majority decides: a heavy voter more, and two quorums need not meet."""
        return self._zab.quorums.plain

    def decides(self, nodes: Collection[NodeId]) -> bool:
        """As any decision."""
        return self._zab.decides(set(nodes))

    def append(self, kind: int, data: bytes, crc: int) -> None:
        """As any other entry. If the epoch is full, the next leader does what is to be done."""
        zab = self._zab
        leading = zab.leading
        if leading is None or roll_over(zab, leading):
            return
        before = zab.voters
        propose_as_leader(zab, leading, kind, data, crc)
        leading.newcomers, leading.newcomers_until = zab.voters - before, zab.now + zab.config.sync_ns

    def dismiss(self, peer: NodeId) -> None:
        """And its session is over."""
        zab = self._zab
        zab.send(peer, Removed(zab.current_epoch, zab.configuration.index))
        end_session(zab, peer, "removed")

    def order(self, target: NodeId) -> None:
        """Everybody is sent to it, and this leader goes there too."""
        hand_over(self._zab, target)

    def give_up(self, successor: NodeId | None, why: str) -> None:
        """In whatever phase it leads; a vote for itself too. Only one that follows can be told."""
        zab = self._zab
        if zab.leading is None:
            if zab.role is Role.LOOKING:
                look_for_leader(zab, why)
            return
        session = zab.leading.sessions.get(successor) if successor is not None else None
        if successor is not None and session is not None and session.follower and session.stage is Stage.ACTIVE:
            hand_over(zab, successor)
        else:
            look_for_leader(zab, why)

    def pass_on(self, incarnation: int, request_id: int, request: Request) -> None:
        """One hop."""
        if self._zab.leader is not None:
            self._zab.send(self._zab.leader, Ask(incarnation, request_id, request))
