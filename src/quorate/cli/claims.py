"""What introductory texts say of the algorithms, held against the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import msgspec

from quorate.algorithms import catalog
from quorate.cli.bills import asked_by_all, matching, undisturbed
from quorate.core.ids import MILLISECOND
from quorate.sim.compare.entrants import Option
from quorate.sim.compare.measures import MEASURES, number
from quorate.sim.compare.results import Comparison, Spread
from quorate.sim.compare.trials.flapping import TIMES
from quorate.sim.compare.trials.partition import CUT
from quorate.sim.compare.verdict import Standing, Verdict

Judgement = tuple[Standing, str]
Judge = Callable[[Comparison, str], Judgement | None]
"""Looks at the figures of one entrant, by its label. None: what it needs was not measured."""


class Claim(msgspec.Struct, frozen=True):
    """`about` is the name of an algorithm, and `options` what it is judged with: a claim about the textbook is not held against the guard.
    `needs` says what is missing if even with it there is nothing to judge by. `beside`: a measure of which the figures of its other
    variants are told too."""

    about: str
    words: str
    judge: Judge
    needs: str = "more sizes and trials than were asked for"
    options: dict[str, Option] = {}
    beside: str = ""

    @property
    def entrant(self) -> str:
        """Who is judged, in the words of `--algorithm`."""
        return ",".join([self.about, *(f"{name}={value}" for name, value in self.options.items())])


def verdicts(comparison: Comparison) -> list[Verdict]:
    """One for each claim."""
    found = []
    for claim in CLAIMS:
        label = next(
            (one.label for one in comparison.entrants if (one.algorithm, one.options) == (claim.about, claim.options)),
            None,
        )
        judgement = claim.judge(comparison, label) if label is not None else None
        if label is None:
            judgement = ("not yet", f"Needs {claim.entrant}.")
        elif judgement is not None:
            judgement = (judgement[0], judgement[1] + _beside(comparison, claim, label))
        standing, evidence = judgement or ("not yet", f"Needs {claim.needs}.")
        found.append(Verdict(claim.about, claim.words, standing, evidence))
    return found


def _beside(comparison: Comparison, claim: Claim, label: str) -> str:
    others = [one.label for one in comparison.entrants if one.algorithm == claim.about and one.label != label]
    told = [
        f"{other} {_words(spread, claim.beside)}"
        for other in others
        if claim.beside and (spread := _known(comparison, other, claim.beside)) is not None
    ]
    return f" {MEASURES[claim.beside].title.capitalize()}, of its variants: {'; '.join(told)}." if told else ""


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
            f"{occasion}: {low if low == high else f'{low} to {high}'} derived for one candidate, which {matching(cell, bill)} of "
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


def _token(comparison: Comparison, label: str) -> Judgement | None:
    """The order of the ring matters, and the one that is measured is the best."""
    judgement = _linear(comparison, label)
    if judgement is None:
        return None
    alive = comparison.setting.nodes - 1
    return judgement[0], (
        f"{judgement[1]} Acknowledgements of each hop are counted, and double it. The ring is in ascending order, in which {alive} nodes "
        f"that all begin pass tokens on {2 * alive - 1} times; in descending order that is n (n + 1) / 2 = {alive * (alive + 1) // 2}."
    )


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
    nodes = comparison.setting.nodes
    votes = comparison.kinds(label, "vanishes").get("Notification", 0)
    return standing, (
        f"{grown[1]}; at least {cheapest:.1f} times n (n - 1). For {nodes} nodes that is {nodes * (nodes - 1)}: one exchange. "
        f"{number(votes)} votes were sent, because each change of a vote is told to all; the rest brings the followers in line."
    )


def _up_to_all_to_all(comparison: Comparison, label: str) -> Judgement | None:
    nodes = comparison.setting.nodes
    cell, grown = comparison.cell(label, "vanishes"), _growth(comparison, label, "vanishes_messages")
    spread = _known(comparison, label, "vanishes_messages")
    if cell is None or grown is None or spread is None:
        return None
    bill = asked_by_all(nodes)
    kinds = ", ".join(f"{count} {kind}" for kind, (count, _) in bill.kinds.items())
    return ("confirmed" if grown[0] > 1.5 else "corrected"), (
        f"{grown[1]}. For {nodes} nodes {bill.total[0]} are derived if all notice the silence at once ({kinds}, one of which to the dead "
        f"leader: n^2 - n - 1 = {nodes * nodes - nodes - 1} without it); {matching(cell, bill)} of {spread.count} seeds match kind by kind."
    )


# The time of an election


def _fast(comparison: Comparison, label: str) -> Judgement | None:
    """Beside everybody else's."""
    ours = _known(comparison, label, "vanishes_time")
    algorithm = next(entrant.algorithm for entrant in comparison.entrants if entrant.label == label)
    others = [
        spread.median
        for entrant in comparison.entrants
        if entrant.algorithm != algorithm and (spread := _known(comparison, entrant.label, "vanishes_time")) is not None
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


def _slower(comparison: Comparison, label: str) -> Judgement | None:
    """Beside the default, after each way to lose a leader."""
    default = next((entrant.label for entrant in comparison.entrants if entrant.label == catalog.DEFAULT), "")
    slower, parts = 0, []
    for trial, occasion in (("dies", "process dies"), ("vanishes", "machine vanishes")):
        name = f"{trial}_time"
        ours, theirs = _known(comparison, label, name), _known(comparison, default, name)
        if ours is None or theirs is None or ours.median is None or theirs.median is None:
            return None
        slower += ours.median > theirs.median
        parts.append(f"{occasion}: {_words(ours, name)}, {default} {_words(theirs, name)}")
    return ("confirmed" if slower == 2 else "corrected"), (
        f"Leader's {'; '.join(parts)}. To compare ids takes no time: rounds of messages do, and a wait for better votes where there is one."
    )


def _slow_in_big_clusters(comparison: Comparison, label: str) -> Judgement | None:
    """If the network tells all at once that the leader is gone: after a silence most of the time is the wait for it."""
    told, silent = _growth(comparison, label, "dies_time"), _growth(comparison, label, "vanishes_time")
    if told is None or silent is None:
        return None
    standing: Standing = "confirmed" if told[0] > 0.5 else "corrected"
    return standing, (
        f"Leader's process dies, and all learn it at once: {told[1]}. Its machine vanishes: {silent[1]}, of which "
        f"{comparison.setting.election_timeout_ms} ms or so are the wait before anybody doubts it."
    )


def _seldom_splits(comparison: Comparison, label: str) -> Judgement | None:
    spread = _known(comparison, label, "vanishes_time")
    cell = comparison.cell(label, "vanishes")
    if spread is None or spread.worst is None or cell is None:
        return None
    timeout = comparison.setting.election_timeout_ms
    alone = matching(cell, undisturbed(comparison.setting.nodes, told=False))
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


# Who is elected


def _freshest(comparison: Comparison, label: str) -> Judgement | None:
    """Beside all others that keep a log."""
    seen = {entrant.label: comparison.values(entrant.label, "fresh_passed") for entrant in comparison.entrants}
    ours = seen[label]
    if not ours:
        return None
    standing: Standing = "confirmed" if ours.count(0) == len(ours) else "corrected"
    told = "; ".join(f"{one} {values.count(0)} of {len(values)}" for one, values in seen.items() if values)
    return (
        standing,
        f"One node had entries that nobody else had, and the smallest id. It was elected in so many seeds: {told}.",
    )


def _takes_over(comparison: Comparison, label: str) -> Judgement | None:
    """A claim that is wrong as long as a leader lives."""
    changes = _known(comparison, label, "flaps_changes")
    if changes is None or changes.worst is None:
        return None
    return ("corrected" if changes.worst <= 1 else "confirmed"), (
        f"{TIMES} times in a minute the node with the biggest id goes and comes back: {_words(changes, 'flaps_changes')} new leaders. "
        "As long as a leader has a quorum, who comes back is told who leads, and joins."
    )


TEXTBOOK: dict[str, Option] = {"guard": "none"}
"""As published, without a majority guard."""

CLAIMS: Sequence[Claim] = (
    Claim(
        "bully",
        "Fast: the biggest node alive takes over in a round or two.",
        _fast,
        "another algorithm beside it",
        options=TEXTBOOK,
        beside="vanishes_time",
    ),
    Claim(
        "bully",
        "The leader changes whenever the biggest node comes and goes.",
        _bullies,
        options=TEXTBOOK,
        beside="flaps_changes",
    ),
    Claim(
        "bully",
        "An election takes up to about n squared messages.",
        _up_to_all_to_all,
        options=TEXTBOOK,
        beside="vanishes_messages",
    ),
    Claim(
        "bully", "When the network splits, each side has a leader.", _two_leaders, options=TEXTBOOK, beside="cut_two"
    ),
    Claim(
        "ring",
        "A token that goes round takes a number of messages proportional to n.",
        _token,
        options=TEXTBOOK,
        beside="vanishes_messages",
    ),
    Claim(
        "ring",
        "Slow in big clusters, since one node is asked after the other.",
        _slow_in_big_clusters,
        options=TEXTBOOK,
        beside="vanishes_time",
    ),
    Claim("ring", "When the network splits, each side has a leader.", _two_leaders, options=TEXTBOOK, beside="cut_two"),
    Claim("raft", "Stable: a leader stays until it fails.", _stable),
    Claim("raft", "An election takes 2 (n - 1) messages.", _cost),
    Claim("raft", "The cost of an election grows with n, not with its square.", _linear),
    Claim("raft", "Randomised waits make split votes rare.", _seldom_splits),
    Claim("raft", "One leader in a term, and none that does anything in a minority.", _no_minority),
    Claim("zab", "Every node tells every other: n (n - 1) messages.", _all_to_all),
    Claim("zab", "The node with the freshest log is elected.", _freshest),
    Claim(
        "zab",
        "A node that joins takes over if its data and its id are the largest.",
        _takes_over,
        beside="flaps_changes",
    ),
    Claim(
        "zab", "Slower than Raft, since all talk to all.", _slower, f"{catalog.DEFAULT} beside it", beside="dies_time"
    ),
    Claim("zab", "One leader in an epoch, and none that does anything in a minority.", _no_minority),
)
