"""Callers that share a batch share its fate. A storm found a caller who was told "certainly not applied" of a batch that was proposed
again for its other caller, and applied."""

from quorate.core.entry import SessionId
from quorate.core.outcome import Applied, NotApplied, Outcome, Unknown
from quorate.runtime.calls import Call
from quorate.runtime.limits import Limits
from quorate.runtime.proposals import Proposals

NOW = 1_000_000_000


class Desk:
    """Two callers in one batch, with different deadlines."""

    def __init__(self) -> None:
        self.proposals = Proposals(SessionId(1, 1, 1), Limits(), lambda _name, _count: None)
        self.told: dict[str, Outcome] = {}
        for name, patience in (("hasty", 100), ("patient", 10_000_000_000)):
            self.proposals.add(
                Call([name.encode()], NOW + patience, lambda outcome, name=name: self._tell(name, outcome))
            )
        self.sequence = self.proposals.next_batch(0).sequence

    def _tell(self, name: str, outcome: Outcome) -> None:
        assert name not in self.told, "answered twice"
        self.told[name] = outcome


def test_a_caller_whose_time_is_over_is_not_told_never_while_its_batch_lives_on() -> None:
    """The refusal was certain, but the batch will be proposed again with everybody's commands in it."""
    desk = Desk()
    desk.proposals.rejected(desk.sequence, "not_leader", None, NOW)
    assert not list(desk.proposals.due(NOW + 200, leader_known=False))
    assert desk.told == {"hasty": Unknown("timeout")}
    desk.proposals.leader_known(NOW + 300)
    again = list(desk.proposals.due(NOW + 300, leader_known=True))
    assert [proposed.sequence for proposed in again] == [desk.sequence]
    desk.proposals.applied(desk.sequence, ["hasty's", "patient's"], 7)
    assert desk.told == {"hasty": Unknown("timeout"), "patient": Applied(["patient's"], 7)}


def test_the_last_caller_of_a_refused_batch_is_told_never() -> None:
    """Nobody will propose it again, so the certainty of the refusal holds."""
    desk = Desk()
    desk.proposals.rejected(desk.sequence, "not_leader", 3, NOW)
    assert not list(desk.proposals.due(NOW + 200, leader_known=False))
    assert not list(desk.proposals.due(NOW + 20_000_000_000, leader_known=False))
    assert desk.told["patient"] == NotApplied("not_leader", 3)
    assert desk.proposals.in_flight == 0
