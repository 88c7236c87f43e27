"""The seam between a storm and its clients."""

import msgspec

from quorate.sim.clients.journal_clients import JournalWorkload
from quorate.sim.clients.workload import Workload, WorkloadSettings


def test_settings_survive_json() -> None:
    settings = WorkloadSettings(clients=2, kind="kv")
    assert msgspec.json.decode(msgspec.json.encode(settings), type=WorkloadSettings) == settings


def test_the_journal_is_a_workload() -> None:
    workload: Workload = JournalWorkload()
    assert (workload.busy, workload.counts()["commands applied"]) == (0, 0)
