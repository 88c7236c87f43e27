"""In words."""

from algorithms.bully.words import Epoch, bully, following, leading, victory
from algorithms.electing.one import One
from quorate.core.effects import Explain
from quorate.core.finding import Explained


def codes(one: One) -> set[str]:
    """What it finds."""
    recent = [Explained(one.now, effect.reason, effect.fields) for effect in one.did if isinstance(effect, Explain)]
    findings = one.algorithm.why(one.now, recent)
    assert all(finding.text for finding in findings)
    return {f"{finding.question}: {finding.code}" for finding in findings}


def test_a_leader_and_a_follower() -> None:
    assert codes(leading(3)) == {"leader: leads", "vote: leads"}
    assert codes(following(3)) == {"leader: follows", "vote: hears_leader"}


def test_a_lease_that_is_not_renewed() -> None:
    one = leading(3, guard="majority")
    one.wait(40)
    assert "leader: losing_quorum" in codes(one)


def test_nobody_leads() -> None:
    one = bully(2)
    assert codes(one) == {"leader: no_leader", "vote: campaigning"}
    assert "waits for an answer" in one.algorithm.why(one.now, [])[0].text


def test_too_few_are_left() -> None:
    one = following(3, guard="majority")
    one.disconnect(1)
    assert "leader: no_margin" in codes(one)
    one.disconnect(3)
    assert "leader: no_quorum" in codes(one)
    assert "leader: no_quorum" not in codes(following(3, guard="none"))


def test_why_it_does_not_help() -> None:
    restarted = bully(2, guard="majority", promised=Epoch(4, 3), boot=2)
    assert "vote: restarted" in codes(restarted)
    held = following(3, guard="majority")
    held.receive(1, victory(1, 9))
    assert "vote: refused" in codes(held)
    damped = bully(3, damping_ms=500, promised=Epoch(4, 3), boot=2)
    assert "vote: stands_back" in codes(damped)
    assert "vote: waits" in codes(bully(2, preempt=False))
