"""The door of Bully, and its promises to the floors above."""

from typing import get_args

import pytest

from algorithms.bully.words import bully, config, guarded, leading
from quorate.algorithms import catalog
from quorate.algorithms.bully.bully import MESSAGES, SPEC, details
from quorate.algorithms.bully.messages import BullyMessage
from quorate.algorithms.electing.door import MESSAGES as SHARED
from quorate.algorithms.electing.door import RELOADABLE


def test_the_catalog_knows_it() -> None:
    assert catalog.find("bully") is SPEC
    assert not SPEC.keeps_log
    assert not SPEC.survives_datagrams


def test_every_message_has_its_handler_in_every_variant() -> None:
    assert set(get_args(BullyMessage)) == {*MESSAGES, *SHARED}
    for variant in ("classic", "two_phase", "mongodb_v0", "ranked_successors"):
        one = bully(2, variant=variant)
        assert set(get_args(BullyMessage)) <= one.algorithm._messages.keys()


def test_with_the_guard_its_clock_must_count_while_the_machine_is_suspended() -> None:
    assert SPEC.leases(guarded())
    assert not SPEC.leases(config())


def test_settings_on_which_a_lease_rests_do_not_change_while_it_runs() -> None:
    assert SPEC.reloadable(guarded()) == RELOADABLE
    assert not {"guard", "election_timeout_ms", "clock_drift_percent", "heartbeat_ms"} & RELOADABLE


@pytest.mark.parametrize("variant", ["classic", "two_phase", "mongodb_v0", "ranked_successors"])
def test_inspection_names_the_variant(variant: str) -> None:
    assert details(bully(2, variant=variant).state)["variant"] == variant
    assert leading(3).algorithm.inspect().details["elections"] == 1
