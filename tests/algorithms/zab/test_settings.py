"""Settings that change while the node runs."""

from algorithms.zab.harness import SYNC_NS, established, follower
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.settings import FIXED, reloadable
from quorate.core.events import SettingsChanged


def test_what_all_nodes_must_do_alike_stays() -> None:
    assert reloadable(ZabConfig()) | FIXED == set(ZabConfig.__struct_fields__)
    assert "quorum_weights" not in reloadable(ZabConfig())
    assert "election_timeout_ms" in reloadable(ZabConfig())


def test_what_is_waited_for_begins_anew() -> None:
    server = follower()
    server.wait(SYNC_NS - 1)
    server.step(SettingsChanged({"election_timeout_ms": 1000}))
    assert server.raft.deadline() == server.now + 2 * SYNC_NS
    leader = established()
    leader.now += 10 * SYNC_NS
    leader.step(SettingsChanged({"election_timeout_ms": 1000}))
    leader.time_out()
    leader.wait(SYNC_NS)
    assert leader.leads
