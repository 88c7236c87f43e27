"""The trace: one line a step and a happening, and a digest of them all."""

import io
import json

from quorate.core.effects import Send
from quorate.core.events import Received, TimePassed
from quorate.runtime.record import Fatal, Record
from quorate.sim.traces.lines import Stopped, Verdict
from quorate.sim.traces.trace import Trace
from sim.toy import Ping, Pong

RECORDS = [
    Record(1, 1, None, ()),
    Record(2, 1, TimePassed(), (Send(2, Ping(7)),)),
    Record(3, 2, Received(1, Ping(7)), (Send(1, Pong(7)),)),
]


def test_a_file_has_a_json_line_for_each_step() -> None:
    file = io.BytesIO()
    trace = Trace(file)
    for record in RECORDS:
        trace.add(record)
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert trace.records == len(lines) == 3
    assert [line["node"] for line in lines] == [1, 1, 2]
    assert lines[1]["effects"] == [{"type": "Send", "to": 2, "message": ["Ping", 7], "at_once": False}]


def test_a_file_begins_with_its_header_and_has_what_happened_in_between() -> None:
    file = io.BytesIO()
    trace = Trace(file, b"header\n")
    trace.add(RECORDS[0])
    trace.note(Stopped(5, 1))
    trace.add(Fatal(6, 1, TimePassed(), "InvariantError: no"))
    trace.end(Verdict(9, "", trace.records, trace.digest()))
    lines = file.getvalue().splitlines()
    assert lines[0] == b"header"
    assert [json.loads(line)["type"] for line in lines[1:]] == ["Record", "Stopped", "Fatal", "Verdict"]
    assert trace.records == 1


def digest(records: list[Record], file: io.BytesIO | None = None, header: bytes = b"") -> str:
    trace = Trace(file, header)
    for record in records:
        trace.add(record)
    return trace.digest()


def test_the_digest_depends_on_everything_that_happened_and_on_nothing_else() -> None:
    assert digest(RECORDS) == digest(RECORDS, io.BytesIO()) == digest(RECORDS, io.BytesIO(), b"header\n")
    assert len({digest(RECORDS), digest(RECORDS[:2]), digest([*RECORDS[:2], Record(4, 2, None, ())])}) == 3
    noted = Trace()
    for record in RECORDS:
        noted.add(record)
    before = noted.digest()
    noted.end(Verdict(9, "", 3, before))
    assert noted.digest() == before
    noted.note(Stopped(5, 1))
    assert noted.digest() != before
