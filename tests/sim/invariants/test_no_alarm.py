"""No alarm among sound nodes."""

import pytest

from quorate.core.effects import Explain
from quorate.sim.invariants import InvariantBrokenError, NoAlarm
from sim.stage import Stage


def test_reasons_are_counted_and_alarms_are_raised() -> None:
    stage = Stage(NoAlarm, alarms=frozenset({"peer_is_mad"}))
    stage.one.step(Explain("leader_lost"))
    stage.two.step(Explain("leader_lost"), role="follower", term=3)
    assert stage.observer.tally.reasons == {"leader_lost": 2}
    with pytest.raises(InvariantBrokenError, match="node 2, follower of term 3, says 'peer_is_mad'"):
        stage.two.step(Explain("peer_is_mad"))
