"""What introductory texts say of the algorithms, held against the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import msgspec

from quorate.core.ids import MILLISECOND
from quorate.sim.compare.measures import MEASURES, number
from quorate.sim.compare.results import Cell, Comparison, Spread
from quorate.sim.compare.stage import Count
from quorate.sim.compare.trials.flapping import TIMES
from quorate.sim.compare.trials.partition import CUT
from quorate.sim.compare.verdict import Standing, Verdict

Judgement = tuple[Standing, str]
Judge = Callable[[Comparison, str], Judgement | None]
"""Looks at the figures of one entrant, by its label. None: what it needs was not measured."""


class Claim(msgspec.Struct, frozen=True):
    """`about` is the name of an algorithm; `needs` says what is missing if even with it there is nothing to judge by."""

    about: str
    words: str
    judge: Judge
    needs: str = "more sizes and trials than were asked for"


def verdicts(comparison: Comparison) -> list[Verdict]:
    """One for each claim. An algorithm is judged as it is by default, not in a variant."""
    plain = {entrant.algorithm: entrant.label for entrant in comparison.entrants if not entrant.options}
    found = []
    for claim in CLAIMS:
        label = plain.get(claim.about)
        judgement = claim.judge(comparison, label) if label is not None else None
        if label is None:
            judgement = ("not yet", f"Needs {claim.about}.")
        standing, evidence = judgement or ("not yet", f"Needs {claim.needs}.")
        found.append(Verdict(claim.about, claim.words, standing, evidence))
    return found


def _known(comparison: Comparison, label: str, name: str, nodes: int = 0) -> Spread | None:
    """Of a measure that came to an end in every seed."""
    spread = comparison.spread(label, name, nodes)
    return spread if spread is not None and not spread.never else None


def _words(spread: Spread, name: str) -> str:
    measure = MEASURES[name]
    least, median, worst = (measure.show(value or 0) for value in (spread.least, spread.median, spread.worst))
    unit = "" if measure.unit == "count" else f" {measure.unit}"
    return f"{median}{unit}" + ("" if least == worst else f" ({least} to {worst})")


# Leaders that come and go


def _bullies(comparison: Comparison, label: str) -> Judgement | None:
    changes, lost = (_known(comparison, label, name) for name in ("flaps_changes", "flaps_leaderless"))
    if changes is None or lost is None or changes.median is None:
        return None
    words = (
        f"{TIMES} times in a minute the biggest node goes and comes back: {_words(changes, 'flaps_changes')} new leaders, "
        f"{_words(lost, 'flaps_leaderless')} without one."
    )
    return ("confirmed" if changes.median >= TIMES else "corrected"), words


def _stable(comparison: Comparison, label: str) -> Judgement | None:
    """At most one change: if the biggest node happened to lead, it is replaced once."""
    changes, links = (_known(comparison, label, name) for name in ("flaps_changes", "links_changes"))
    if changes is None or links is None or changes.worst is None or links.worst is None:
        return None
    words = (
        f"{TIMES} times in a minute the biggest node goes and comes back: at most {number(changes.worst)} new leader, for when it had "
        f"led by chance. {TIMES} times the first leader is cut off and comes back: at most {number(links.worst)}."
    )
    return ("confirmed" if max(changes.worst, links.worst) <= 1 else "corrected"), words


# The price of an election


class Bill(msgspec.Struct, frozen=True):
    """How many messages of each kind an election takes, from, to."""

    kinds: dict[str, tuple[int, int]]

    @property
    def total(self) -> tuple[int, int]:
        """All kinds together."""
        return sum(low for low, _ in self.kinds.values()), sum(high for _, high in self.kinds.values())

    def covers(self, counts: dict[str, Count]) -> bool:
        """Whether an election that was counted is one of these."""
        names = sorted({*self.kinds, *(kind for kind, count in counts.items() if count)})
        return all(low <= counts.get(name, 0) <= high for name in names for low, high in [self.kinds.get(name, (0, 0))])


def undisturbed(nodes: int, *, told: bool) -> Bill:
    """An election of Raft with one candidate, after the loss of the leader, until the new one is ready.

    The candidate asks every node it has a link to, twice (dissertation, section 9.6, and paper, section 5.2): of `nodes` - 1 others
    one is dead, and no request goes to it if the network has `told` that. It sends the first entry of its term, and once a
    majority has it, the commit index. By then those have answered whose answers made the majority, and perhaps the rest.
    """
    alive = nodes - 2
    asked = alive if told else nodes - 1
    return Bill(
        {
            "PreVoteRequest": (asked, asked),
            "PreVoteReply": (alive, alive),
            "VoteRequest": (asked, asked),
            "VoteReply": (alive, alive),
            "Append": (2 * asked, 2 * asked),
            "AppendReply": (nodes // 2, alive),
        }
    )


def _alike(cell: Cell, bill: Bill) -> int:
    """How many seeds took what the bill says, kind by kind."""
    seeds = max(map(len, cell.values.values()))
    return sum(bill.covers({kind: counts[at] for kind, counts in cell.kinds.items()}) for at in range(seeds))


def _cost(comparison: Comparison, label: str) -> Judgement | None:
    nodes = comparison.setting.nodes
    parts = []
    for trial, told, occasion in (("vanishes", False, "machine vanishes"), ("dies", True, "process dies")):
        cell = comparison.cell(label, trial)
        spread = _known(comparison, label, f"{trial}_messages")
        if cell is None or spread is None:
            return None
        bill = undisturbed(nodes, told=told)
        low, high = bill.total
        parts.append(
            f"{occasion}: {low if low == high else f'{low} to {high}'} derived for one candidate, which {_alike(cell, bill)} of "
            f"{spread.count} seeds match kind by kind; measured {_words(spread, f'{trial}_messages')}"
        )
    kinds = undisturbed(nodes, told=False).kinds
    votes = kinds["VoteRequest"][0] + kinds["VoteReply"][0]
    return "corrected", (
        f"For {nodes} nodes that would be {2 * (nodes - 1)}. The votes alone are {votes}, since the dead node does not answer; "
        "PreVote asks as many again, and the new leader's first entry and its commit come on top. "
        f"Leader's {'; '.join(parts)}. More than derived: several candidates at once."
    )


def _growth(comparison: Comparison, label: str, name: str) -> tuple[float, str] | None:
    """With which power of n - 1 a measure grows from the smallest cluster to the biggest, and the figures."""
    sizes = [size for size in comparison.sizes(label, name) if _known(comparison, label, name, size) is not None]
    ends = [_known(comparison, label, name, size) for size in (sizes[0], sizes[-1])] if len(sizes) > 1 else []
    medians = [spread.median for spread in ends if spread is not None and spread.median]
    if len(medians) < 2:
        return None
    power = log(medians[1] / medians[0]) / log((sizes[-1] - 1) / (sizes[0] - 1))
    shown = [MEASURES[name].show(median) for median in medians]
    unit = MEASURES[name].unit
    return power, f"{shown[0]} {unit} with {sizes[0]} nodes, {shown[1]} with {sizes[-1]}: as (n - 1)^{power:.1f}"


def _linear(comparison: Comparison, label: str) -> Judgement | None:
    silent, told = (_growth(comparison, label, f"{trial}_messages") for trial in ("vanishes", "dies"))
    if silent is None or told is None:
        return None
    standing: Standing = "confirmed" if max(silent[0], told[0]) < 1.5 else "corrected"
    return standing, f"Leader's machine vanishes: {silent[1]}. Its process dies, and all learn it at once: {told[1]}."


def _all_to_all(comparison: Comparison, label: str) -> Judgement | None:
    grown = _growth(comparison, label, "vanishes_messages")
    if grown is None:
        return None
    sizes = comparison.sizes(label, "vanishes_messages")
    cheapest = min(
        (spread.median or 0) / (size * (size - 1))
        for size in sizes
        if (spread := _known(comparison, label, "vanishes_messages", size)) is not None
    )
    standing: Standing = "confirmed" if 0.5 <= cheapest <= 2 and grown[0] > 1.7 else "corrected"
    return standing, f"{grown[1]}; at least {cheapest:.1f} times n (n - 1)."


def _up_to_all_to_all(comparison: Comparison, label: str) -> Judgement | None:
    grown = _growth(comparison, label, "dies_messages")
    return None if grown is None else (("confirmed" if grown[0] > 1.5 else "corrected"), f"{grown[1]}.")


# The time of an election


def _fast(comparison: Comparison, label: str) -> Judgement | None:
    """Beside everybody else's."""
    ours = _known(comparison, label, "vanishes_time")
    others = [
        spread.median
        for entrant in comparison.entrants
        if entrant.label != label and (spread := _known(comparison, entrant.label, "vanishes_time")) is not None
        if spread.median is not None
    ]
    if ours is None or ours.median is None or not others:
        return None
    best = MEASURES["vanishes_time"].show(min(others))
    standing: Standing = "confirmed" if ours.median <= min(others) else "corrected"
    return (
        standing,
        f"{_words(ours, 'vanishes_time')} from a leader's silence to the next one; the best of the others needs {best} ms.",
    )


def _slow_in_big_clusters(comparison: Comparison, label: str) -> Judgement | None:
    grown = _growth(comparison, label, "vanishes_time")
    return None if grown is None else (("confirmed" if grown[0] > 0.5 else "corrected"), f"{grown[1]}.")


def _seldom_splits(comparison: Comparison, label: str) -> Judgement | None:
    spread = _known(comparison, label, "vanishes_time")
    cell = comparison.cell(label, "vanishes")
    if spread is None or spread.worst is None or cell is None:
        return None
    timeout = comparison.setting.election_timeout_ms
    alone = _alike(cell, undisturbed(comparison.setting.nodes, told=False))
    in_time = spread.worst <= 2.2 * timeout * MILLISECOND
    standing: Standing = "confirmed" if in_time and alone >= 0.8 * spread.count else "corrected"
    worst = MEASURES["vanishes_time"].show(spread.worst)
    return standing, (
        f"After a silence, {alone} of {spread.count} elections had one candidate only; the worst took {worst} ms, "
        f"with waits drawn from {timeout} to {2 * timeout} ms."
    )


# Two sides


def _two_leaders(comparison: Comparison, label: str) -> Judgement | None:
    claims, two = (_known(comparison, label, name) for name in ("cut_claims", "cut_two"))
    if claims is None or two is None or claims.median is None:
        return None
    words = (
        f"Of a cut of {CUT // MILLISECOND:,} ms: {_words(claims, 'cut_claims')} with a leader on the smaller side, "
        f"{_words(two, 'cut_two')} with two."
    )
    return ("confirmed" if claims.median > CUT * 0.9 else "corrected"), words


def _no_minority(comparison: Comparison, label: str) -> Judgement | None:
    names = ("cut_claims", "cut_two", "cut_two_same", "cut_writes", "cut_reads")
    found = [_known(comparison, label, name) for name in names]
    if any(spread is None for spread in found):
        return None
    claims, two, same, writes, reads = (spread for spread in found if spread is not None)
    clean = not (same.worst or writes.worst or reads.worst)
    return ("confirmed" if clean else "corrected"), (
        f"The old leader goes on believing for {_words(claims, 'cut_claims')}, until it notices that no majority answers; two "
        f"believe it at once for {_words(two, 'cut_two')}, in one term for {_words(same, 'cut_two_same')}. Confirmed by the smaller side: "
        f"{_words(writes, 'cut_writes')} writes, {_words(reads, 'cut_reads')} reads."
    )


def _not_measured(_comparison: Comparison, _label: str) -> Judgement | None:
    return None


CLAIMS: Sequence[Claim] = (
    Claim("bully", "Fast: the biggest node alive takes over in a round or two.", _fast, "another algorithm beside it"),
    Claim("bully", "The leader changes whenever the biggest node comes and goes.", _bullies),
    Claim("bully", "An election takes up to about n squared messages.", _up_to_all_to_all),
    Claim("bully", "When the network splits, each side has a leader.", _two_leaders),
    Claim("ring", "A token that goes round takes a number of messages proportional to n.", _linear),
    Claim("ring", "Slow in big clusters, since one node is asked after the other.", _slow_in_big_clusters),
    Claim("ring", "When the network splits, each side has a leader.", _two_leaders),
    Claim("raft", "Stable: a leader stays until it fails.", _stable),
    Claim("raft", "An election takes 2 (n - 1) messages.", _cost),
    Claim("raft", "The cost of an election grows with n, not with its square.", _linear),
    Claim("raft", "Randomised waits make split votes rare.", _seldom_splits),
    Claim("raft", "One leader in a term, and none that does anything in a minority.", _no_minority),
    Claim("zab", "Every node tells every other: n (n - 1) messages.", _all_to_all),
    Claim("zab", "The node with the freshest log is elected.", _not_measured, "a trial in which logs differ"),
    Claim("zab", "One leader in an epoch, and none that does anything in a minority.", _no_minority),
)
