"""The arithmetic of majorities against its dumb twin: every set of voters, one by one."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from quorate.algorithms.logged.quorum import Tally, quorum_size, quorum_value, tally

nodes = st.integers(1, 9)
voters = st.frozensets(nodes, min_size=1, max_size=7)


def majorities(members: frozenset[int]) -> list[set[int]]:
    """Every set of more than half."""
    size = len(members)
    return [set(chosen) for count in range(size + 1) if 2 * count > size for chosen in combinations(members, count)]


@given(voters)
def test_any_two_quorums_meet_and_a_smaller_one_may_not(members: frozenset[int]) -> None:
    size = quorum_size(members)
    chosen = [set(some) for some in combinations(members, size)]
    assert all(first & second for first in chosen for second in chosen)
    smaller = [set(some) for some in combinations(members, size - 1)]
    assert any(not first & (set(members) - first - {0}) or not first for first in smaller) or any(
        not first & second for first in smaller for second in chosen
    )


@given(voters, st.dictionaries(nodes, st.integers(0, 5)))
def test_quorum_value_is_the_best_that_some_majority_has_reached(
    members: frozenset[int], values: dict[int, int]
) -> None:
    best = max(min(values.get(node, -1) for node in majority) for majority in majorities(members))
    assert quorum_value(members, values) == best


@given(voters, st.dictionaries(nodes, st.booleans()), st.frozensets(nodes))
def test_tally_is_decided_when_no_answer_can_change_it(
    members: frozenset[int], votes: dict[int, bool], silent: frozenset[int]
) -> None:
    """Won: some majority has said yes. Lost: whatever those say who may still answer, none will."""
    yes = {node for node in members if votes.get(node) is True}
    hopeful = yes | {node for node in members if node not in votes and node not in silent}
    if any(majority <= yes for majority in majorities(members)):
        expected = Tally.WON
    elif any(majority <= hopeful for majority in majorities(members)):
        expected = Tally.OPEN
    else:
        expected = Tally.LOST
    assert tally(members, votes, silent) is expected
