"""Why there is no leader, and why this node does not claim: in words, out of the state alone."""

from collections.abc import Iterator, Sequence

from quorate.algorithms.electing.epoch import token
from quorate.algorithms.electing.report import leads_now
from quorate.algorithms.electing.state import Electing, Role
from quorate.core.finding import Explained, Finding
from quorate.core.ids import SECOND, Nanos
from quorate.core.words import have, nodes, span

RECENT_NS: Nanos = 60 * SECOND
"""What was explained longer ago explains nothing now."""

REFUSALS = {
    "promised": "it had promised a later claim, or another",
    "leads": "it leads itself",
    "restarted": "it had restarted within the election timeout",
    "held": "it had heard another leader within the election timeout",
    "fresher": "its own data is newer",
    "outranked": "it ranks higher itself",
}
"""Why a claim was refused, in the words of the one who refused."""


def why(state: Electing, now: Nanos, recent: Sequence[Explained]) -> list[Finding]:
    """Everything that this node can say, the questions in the order of `QUESTIONS`."""
    now = max(now, state.now)
    lately = [explained for explained in recent if now - explained.at < RECENT_NS]
    return [*_why_no_leader(state, now), *_why_no_claim(state, now, lately)]


def _why_no_leader(state: Electing, now: Nanos) -> Iterator[Finding]:
    term = token(state.epoch)
    if state.role is Role.LEADER:
        text = f"this node leads term {term}"
        yield Finding(
            "leader", "leads", text if leads_now(state, now) else f"{text}, and may not act yet or any more", state.me
        )
        until = state.deadlines["lease_until"]
        if until is not None and until - now < state.settings.lease_ns // 2:
            text = f"too few members answer: its lease ends in {span(until - now)}, and then it leads no more"
            yield Finding("leader", "losing_quorum", text)
    elif state.leader is not None:
        heard = "" if state.leader_heard_at is None else f", heard {span(now - state.leader_heard_at)} ago"
        yield Finding("leader", "follows", f"node {state.leader} leads term {term}{heard}", state.leader)
    else:
        yield Finding("leader", "no_leader", f"no leader is known: {state.why}")
    gone = sorted({*state.cut, *state.live.suspected(now)})
    left = len(state.members) - len(gone)
    if not gone or not state.settings.guarded or left > state.majority:
        return
    text = f"{state.majority} of {len(state.members)} members are needed; {nodes(gone)} {have(gone)} no connection or no process"
    if left < state.majority:
        yield Finding("leader", "no_quorum", text, gone[0] if len(gone) == 1 else None)
    else:
        yield Finding("leader", "no_margin", f"{text}: if one more fails, nobody can lead")


def _why_no_claim(state: Electing, now: Nanos, recent: Sequence[Explained]) -> Iterator[Finding]:
    yield _part_in_elections(state, now)
    for explained in recent:
        if explained.reason == "claim_refused":
            fields, ago = explained.fields, span(now - explained.at)
            node, reason = fields.get("claimant"), str(fields.get("why"))
            text = f"{ago} ago it refused node {node}: {REFUSALS.get(reason, reason)}"
            yield Finding("vote", "refused", text, node if isinstance(node, int) else None)


def _part_in_elections(state: Electing, now: Nanos) -> Finding:
    """The one reason that counts most."""
    if state.role is Role.LEADER:
        return Finding("vote", "leads", "it leads")
    if now < state.restart_wait_until:
        left = span(state.restart_wait_until - now)
        text = f"it grants nobody for {left} more: it has restarted, and may have promised what it has forgotten"
        return Finding("vote", "restarted", text)
    if now < state.stand_back_until:
        text = f"it lets others go first for {span(state.stand_back_until - now)} more: it has lost leadership lately"
        return Finding("vote", "stands_back", text)
    if state.campaigning:
        return Finding("vote", "campaigning", f"it takes part in an election: {state.role.value}")
    if state.hears_leader:
        text = f"it neither claims nor helps another: it hears node {state.leader}"
        return Finding("vote", "hears_leader", text, state.leader)
    at = state.deadlines["retry_at"] or state.deadlines["suspect_at"] or now
    return Finding("vote", "waits", f"it holds an election in {span(max(0, at - now))} if no leader is heard before")
