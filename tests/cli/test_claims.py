"""Claims of introductory texts against figures."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from quorate.cli.bills import undisturbed
from quorate.cli.claims import CLAIMS, verdicts
from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.results import Comparison
from quorate.sim.compare.stage import Value
from quorate.sim.compare.verdict import Verdict
from sim.compare.sample import comparison

BULLY, RING = "bully,guard=none", "ring,guard=none"


def judged(found: Comparison, about: str, words: str) -> Verdict:
    (verdict,) = [one for one in verdicts(found) if one.about == about and words in one.claim]
    return verdict


def given(found: Comparison, name: str, *values: Value, nodes: int = 5, about: str = "") -> Comparison:
    """The same, but for one measure at one size."""
    trial = name.partition("_")[0]
    cells = [
        msgspec.structs.replace(cell, values=cell.values | {name: list(values)})
        if (cell.trial, cell.nodes) == (trial, nodes) and about in ("", cell.entrant)
        else cell
        for cell in found.cells
    ]
    return msgspec.structs.replace(found, cells=tuple(cells))


def test_what_is_not_there_yet_is_needed() -> None:
    found = verdicts(comparison("raft"))
    assert len(found) == len(CLAIMS)
    needs = {"bully": "Needs bully,guard=none.", "ring": "Needs ring,guard=none.", "zab": "Needs zab."}
    for verdict in found:
        if verdict.about != "raft":
            assert (verdict.standing, verdict.evidence) == ("not yet", needs[verdict.about])


def test_a_variant_is_not_the_algorithm() -> None:
    found = comparison("raft")
    variant = msgspec.structs.replace(found, entrants=(Entrant("raft", "raft", {"fast_failover": False}),))
    assert all(verdict.standing == "not yet" for verdict in verdicts(variant))


@pytest.mark.parametrize(
    ("changes", "standing"), [((0, 1, 1), "confirmed"), ((0, 0, 2), "corrected"), ((24, 24, 24), "corrected")]
)
def test_a_stable_leader(changes: Sequence[int], standing: str) -> None:
    found = given(given(comparison("raft"), "flaps_changes", *changes), "links_changes", 1, 1, 1)
    verdict = judged(found, "raft", "Stable")
    assert verdict.standing == standing
    assert f"at most {changes[-1]} new leader" in verdict.evidence


@pytest.mark.parametrize(("changes", "standing"), [((23, 24, 24), "confirmed"), ((0, 1, 1), "corrected")])
def test_a_bully(changes: Sequence[int], standing: str) -> None:
    found = given(comparison(BULLY), "flaps_changes", *changes)
    assert judged(found, "bully", "comes and goes").standing == standing


def test_a_claim_of_the_textbook_is_not_held_against_the_guard_which_is_told_beside_it() -> None:
    assert judged(comparison("bully"), "bully", "comes and goes").evidence == "Needs bully,guard=none."
    both = given(comparison("bully", BULLY), "flaps_changes", 24, 24, 24, about=BULLY)
    verdict = judged(given(both, "flaps_changes", 1, 1, 1, about="bully"), "bully", "comes and goes")
    assert verdict.standing == "confirmed"
    assert verdict.evidence.endswith(" New leaders, of its variants: bully 1.")


def test_what_a_minority_may_not_do() -> None:
    found = comparison("raft", "zab")
    for name in ("cut_two_same", "cut_writes", "cut_reads"):
        found = given(found, name, 0, 0, 0)
    assert judged(found, "raft", "minority").standing == "confirmed"
    assert judged(found, "zab", "minority").standing == "confirmed"
    worse = given(found, "cut_writes", 0, 0, 1, about="zab")
    assert judged(worse, "raft", "minority").standing == "confirmed"
    assert judged(worse, "zab", "minority").standing == "corrected"


def test_two_sides_with_a_leader_each() -> None:
    lasting = given(comparison(BULLY, RING), "cut_claims", 10 * SECOND, 10 * SECOND, 10 * SECOND)
    assert judged(lasting, "bully", "each side").standing == "confirmed"
    assert judged(lasting, "ring", "each side").standing == "confirmed"
    assert judged(given(lasting, "cut_claims", 0, 0, SECOND), "bully", "each side").standing == "corrected"


def grown(about: str, name: str, power: float) -> Comparison:
    """Sizes 3, 5 and 9 with 2, 4 and 8 others."""
    found = comparison(about)
    for nodes in (3, 5, 9):
        found = given(found, name, *([10 * (nodes - 1) ** power] * 3), nodes=nodes)
    return found


def test_growth_with_the_size() -> None:
    straight = grown("raft", "vanishes_messages", 1)
    verdict = judged(straight, "raft", "not with its square")
    assert verdict.standing == "confirmed"
    assert "20 messages with 3 nodes, 80 with 9: as (n - 1)^1.0" in verdict.evidence
    square = judged(grown("raft", "vanishes_messages", 2), "raft", "not with its square")
    assert (square.standing, "(n - 1)^2.0" in square.evidence) == ("corrected", True)
    assert judged(grown(BULLY, "vanishes_messages", 2), "bully", "squared").standing == "confirmed"
    assert judged(grown(BULLY, "vanishes_messages", 1), "bully", "squared").standing == "corrected"
    assert judged(grown(RING, "vanishes_messages", 1), "ring", "proportional").standing == "confirmed"
    assert judged(grown(RING, "dies_time", 1), "ring", "Slow").standing == "confirmed"
    assert judged(grown(RING, "dies_time", 0), "ring", "Slow").standing == "corrected"


def test_everyone_tells_everyone() -> None:
    found = comparison("zab")
    for nodes in (3, 5, 9):
        found = given(found, "vanishes_messages", *([nodes * (nodes - 1)] * 3), nodes=nodes)
    assert judged(found, "zab", "every other").standing == "confirmed"
    assert judged(grown("zab", "vanishes_messages", 1), "zab", "every other").standing == "corrected"
    assert judged(found, "zab", "every other").evidence.startswith("6 messages with 3 nodes, 72 with 9")


@pytest.mark.parametrize(("passed", "standing"), [((0, 0, 0), "confirmed"), ((0, 1, 0), "corrected")])
def test_the_freshest(passed: Sequence[int], standing: str) -> None:
    found = given(comparison("raft", "zab"), "fresh_passed", 1, 1, 0, about="raft")
    verdict = judged(given(found, "fresh_passed", *passed, about="zab"), "zab", "freshest")
    assert verdict.standing == standing
    assert verdict.evidence.endswith(f"raft 1 of 3; zab {passed.count(0)} of 3.")
    assert judged(comparison("zab", without=("fresh",)), "zab", "freshest").standing == "not yet"


@pytest.mark.parametrize(("changes", "standing"), [((0, 1, 1), "corrected"), ((24, 24, 24), "confirmed")])
def test_who_comes_back(changes: Sequence[int], standing: str) -> None:
    found = given(comparison("zab"), "flaps_changes", *changes)
    assert judged(found, "zab", "takes over").standing == standing


def test_slower_than_the_default() -> None:
    found = comparison("raft", "zab")
    for name in ("dies_time", "vanishes_time"):
        found = given(found, name, *([9 * MILLISECOND] * 3), about="zab")
    assert judged(found, "zab", "Slower").standing == "corrected"
    for name in ("dies_time", "vanishes_time"):
        found = given(found, name, *([8 * MILLISECOND] * 3), about="raft")
    verdict = judged(found, "zab", "Slower")
    assert verdict.standing == "confirmed"
    assert verdict.evidence.startswith("Leader's process dies: 9 ms, raft 8 ms; machine vanishes: 9 ms, raft 8 ms.")
    assert judged(comparison("zab"), "zab", "Slower").evidence == "Needs raft beside it."


def test_the_fastest() -> None:
    found = comparison(BULLY, "bully", "raft")
    slow = given(found, "vanishes_time", *([900 * MILLISECOND] * 3), about=BULLY)
    assert judged(slow, "bully", "Fast").standing == "corrected"
    fast = given(found, "vanishes_time", *([MILLISECOND] * 3), about=BULLY)
    assert judged(fast, "bully", "Fast").standing == "confirmed"
    alone = comparison(BULLY, "bully")
    assert judged(alone, "bully", "Fast").evidence == "Needs another algorithm beside it.", (
        "its own variants are no others"
    )


def test_what_was_not_measured_or_never_ended_cannot_be_judged() -> None:
    few = comparison("raft", "zab", BULLY, RING, without=("flaps", "cut", "vanishes", "dies", "fresh"))
    assert {verdict.standing for verdict in verdicts(few)} == {"not yet"}
    endless = given(comparison("raft"), "flaps_changes", 0, None, 0)
    assert judged(endless, "raft", "Stable").standing == "not yet"


def test_the_price_of_an_election_is_told_with_its_parts() -> None:
    found = comparison("raft")
    bill = {kind: low for kind, (low, _) in undisturbed(5, told=False).kinds.items()}
    cells = [
        msgspec.structs.replace(cell, kinds={kind: [count] * 3 for kind, count in bill.items()})
        if cell.trial == "vanishes"
        else cell
        for cell in found.cells
    ]
    verdict = judged(msgspec.structs.replace(found, cells=tuple(cells)), "raft", "2 (n - 1)")
    assert verdict.standing == "corrected"
    assert "For 5 nodes that would be 8. The votes alone are 7" in verdict.evidence
    assert "24 to 25 derived for one candidate, which 3 of 3 seeds match" in verdict.evidence
    assert "20 to 21 derived for one candidate, which 0 of 3 seeds match" in verdict.evidence


def test_split_votes() -> None:
    found = given(comparison("raft"), "vanishes_time", *([600 * MILLISECOND] * 3))
    assert judged(found, "raft", "split votes").standing == "corrected"  # the kinds made up are no election of raft's
    bill = {kind: low for kind, (low, _) in undisturbed(5, told=False).kinds.items()}
    cells = [
        msgspec.structs.replace(cell, kinds={kind: [count] * 3 for kind, count in bill.items()})
        if cell.trial == "vanishes"
        else cell
        for cell in found.cells
    ]
    alone = msgspec.structs.replace(found, cells=tuple(cells))
    assert judged(alone, "raft", "split votes").standing == "confirmed"
    late = given(alone, "vanishes_time", *([3 * SECOND] * 3))
    assert judged(late, "raft", "split votes").standing == "corrected"
