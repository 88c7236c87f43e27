"""A trace as text for people: a line a happening, then what broke, and the last steps before it in full."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import msgspec

from quorate.core.effects import Explain, Send
from quorate.core.events import Received
from quorate.runtime.record import Fatal, Record
from quorate.runtime.trace_format import NodeHeader, Preamble
from quorate.sim.traces.header import StormHeader
from quorate.sim.traces.lines import ClusterHeader, Verdict
from quorate.sim.traces.reader import TraceReader, open_trace, past_of_node
from quorate.sim.traces.story import Happening, Story, show_reason
from quorate.sim.traces.words import seconds, show, show_fields

LAST = 20
"""Steps that are shown in full at the end."""

_WHAT = 14


def transcript_of(path: Path, last: int = LAST) -> str:
    """The whole text of a trace file. Raises `TraceError` for one that cannot be read, `OSError` for one that cannot be opened."""
    with open_trace(path) as reader:
        return "\n".join(transcript(reader, last)) + "\n"


def transcript(reader: TraceReader, last: int = LAST) -> Iterator[str]:
    """The text of a trace, line by line, of any length. `last`: so many steps are shown in full at the end, unless all held."""
    story = Story()
    lines = reader.lines()
    title = _title(reader.header)
    yield from (title, "=" * len(title), "")
    if isinstance(reader.header, NodeHeader):
        story.recovered(reader.header.identity.node, past_of_node(reader, reader.header, lines))
    steps: deque[Record | Fatal] = deque(maxlen=max(1, last))
    failure: str | None = None
    for line in lines:
        what = line.what
        if isinstance(what, Record | Fatal):
            steps.append(what)
            failure = what.error if isinstance(what, Fatal) else failure
        elif isinstance(what, Verdict):
            failure = what.failure
        for happening in story.tell(what):
            yield _row(happening)
    if reader.torn:
        yield "(the last line of the file is cut off)"
    if failure:
        yield from ("", "What broke", "----------", failure)
    if failure != "" and last > 0:
        yield from _end(story, steps)


def _title(header: Preamble) -> str:
    words = header.algorithm
    match header:
        case StormHeader():
            plan = header.plan
            words += f", storm of seed {plan.seed}: {plan.nodes} nodes, {len(plan.faults)} faults, {len(plan.triggers)} triggers"
        case ClusterHeader():
            words += f", a cluster of {header.nodes} nodes, seed {header.seed}"
        case NodeHeader():
            identity = header.identity
            words += (
                f", node {identity.node} of {len(identity.members)}, cluster {identity.cluster}, from {header.began}"
            )
    return words


def _row(happening: Happening) -> str:
    node = "" if happening.node is None else str(happening.node)
    return f"{seconds(happening.at):>12}  {node:>3}  {happening.what:<{_WHAT}}  {happening.details}".rstrip()


def _end(story: Story, steps: deque[Record | Fatal]) -> Iterator[str]:
    title = f"The last {len(steps)} steps in full"
    yield from ("", title, "-" * len(title))
    for step in steps:
        event = "start" if step.event is None else _event(step.event)
        yield f"{seconds(story.time(step.node, step.at)):>12}  {step.node:>3}  {event}"
        if isinstance(step, Fatal):
            yield f"{'':19}raised {step.error}"
        else:
            yield from (f"{'':19}{_effect(effect)}" for effect in step.effects)


def _event(event: msgspec.Struct) -> str:
    return f"<- {event.sender}: {show(event.message)}" if isinstance(event, Received) else show(event)


def _effect(effect: msgspec.Struct) -> str:
    if isinstance(effect, Send):
        return f"-> {effect.to}: {show(effect.message)}"
    if isinstance(effect, Explain):
        return f"because {show_reason(effect)}"
    return " ".join([type(effect).__name__, *show_fields(effect)])
