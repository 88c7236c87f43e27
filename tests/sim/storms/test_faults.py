"""Faults are data: they can be written down, read back and left out."""

import msgspec

from quorate.sim.storms.faults import Crash, CrashAll, Cut, FailDisk, Fault, Isolate


def test_a_schedule_survives_json() -> None:
    schedule: list[Fault] = [
        Crash(1, node=2, down_ns=3, rule="sectors", again_after=4),
        CrashAll(2, down_ns=5),
        Cut(3, pairs=((1, 2), (2, 1)), lasts_ns=7, breaks_ns=6),
        Isolate(4, node=1, lasts_ns=2, inward=False),
        FailDisk(5, node=3, operation="sync", after=2, lasts_ns=8),
    ]
    assert msgspec.json.decode(msgspec.json.encode(schedule), type=list[Fault]) == schedule
