"""What went wrong in a run, picked out of its trace."""

from __future__ import annotations

import msgspec

from quorate.sim.storms.faults import Fault
from quorate.sim.traces.lines import Happened

_MARK = msgspec.json.encode(Happened.__struct_config__.tag).join((b'{"type":', b","))
"""How such a line begins: the others are not read."""

_decoder = msgspec.json.Decoder(Happened)


class Happenings:
    """A `Sink` that keeps only the faults that met something, in order of time, each with the node that it really met and the time at which
    it really began: as a schedule they do what the plan's faults and triggers did."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def write(self, data: bytes, /) -> None:
        """One line of the trace."""
        if data.startswith(_MARK):
            self.faults.append(_decoder.decode(data).fault)
