"""The trace: one line a record, and a digest of them all."""

import io
import json

from quorate.core.effects import Send
from quorate.core.events import Received, TimePassed
from quorate.runtime.record import Record
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
    assert lines[1]["effects"] == [{"type": "Send", "to": 2, "message": ["Ping", 7]}]


def test_the_digest_depends_on_everything_and_on_nothing_else() -> None:
    def digest(records: list[Record], file: io.BytesIO | None = None) -> str:
        trace = Trace(file)
        for record in records:
            trace.add(record)
        return trace.digest()

    assert digest(RECORDS) == digest(RECORDS, io.BytesIO())
    assert len({digest(RECORDS), digest(RECORDS[:2]), digest([*RECORDS[:2], Record(4, 2, None, ())])}) == 3
