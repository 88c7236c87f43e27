"""A history that no order explains, as text for the person who has to find out why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quorate.core.ids import MILLISECOND, Nanos
from quorate.sim.clients.linearizability import NotLinearizable
from quorate.sim.clients.model import Model, State
from quorate.sim.clients.operations import Answer, Call, Operation

MAX_ROWS = 12
"""Of each list: the last ones of the order, the first ones of what is left over."""


def show(bad: NotLinearizable[State, Call, Answer], model: Model[State, Call, Answer]) -> str:
    """What could not be placed, and the end of the longest order up to there. Times are in ms of the history's clock."""
    shown = bad.order[-MAX_ROWS:]
    state = model.describe_state(bad.order[-1][1] if bad.order else model.init())
    lines = [
        f"{_words(bad.partition)}, {bad.operations} operations: no order explains what was answered by {_ms(bad.until_ns)} ms",
        "could not be placed:",
        *_table(model, bad.unplaced),
        f"the longest order without that, the last {len(shown)} of {len(bad.order)}, which ends in {state}:",
        *_table(model, [operation for operation, _ in shown], [model.describe_state(after) for _, after in shown]),
    ]
    if bad.pending:
        lines += ["not answered by then, and of no help:", *_table(model, bad.pending)]
    return "\n".join(lines)


def _table(
    model: Model[State, Call, Answer], operations: Sequence[Operation[Call, Answer]], states: Iterable[str] = ()
) -> list[str]:
    rows = [("client", "called", "returned", "operation", "state after" if states else "")]
    left = iter(states)
    for operation in operations[:MAX_ROWS]:
        returned = "" if operation.returned_ns is None else _ms(operation.returned_ns)
        called = _ms(operation.called_ns)
        rows.append((str(operation.client), called, returned, model.describe(operation), next(left, "")))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        f"  {client:>{widths[0]}}  {called:>{widths[1]}}  {returned:>{widths[2]}}  {what:<{widths[3]}}  {after}".rstrip()
        for client, called, returned, what, after in rows
    ]
    if operations[MAX_ROWS:]:
        lines.append(f"  and {len(operations) - MAX_ROWS} more")
    return lines


def _ms(moment: Nanos) -> str:
    return f"{moment / MILLISECOND:.3f}"


def _words(partition: object) -> str:
    return partition.decode(errors="backslashreplace") if isinstance(partition, bytes) else str(partition)
