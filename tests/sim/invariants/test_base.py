"""What invariants are made of."""

from __future__ import annotations

from glob import glob
from pathlib import Path

import msgspec
import pytest

from quorate.algorithms.catalog import find
from quorate.sim import invariants
from quorate.sim.invariants import (
    ALL,
    Chronicle,
    Deadlines,
    DurableVotes,
    ElectionSafety,
    EpochOrder,
    GrantOnce,
    HungDisk,
    Invariant,
    Leadership,
    LeaseExclusion,
    Monotonic,
    NoAlarm,
    OneLeaderPerToken,
    PersistBeforeSend,
    ProcessConsistency,
    PromiseMonotonic,
    Recovery,
    TokenAscends,
    for_algorithm,
)
from quorate.sim.invariants.base import InvariantBrokenError
from quorate.sim.invariants.lease_alone import LeaseAlone
from quorate.sim.view import NodeView
from sim.stage import GRANTS, HISTORIES, Stage


def test_every_invariant_has_a_title_and_a_source() -> None:
    for invariant in ALL:
        assert invariant.title
        assert invariant.source
    assert len({invariant.title for invariant in ALL}) == len(ALL)


def test_s_x1_every_invariant_in_the_folder_is_told() -> None:
    files = {Path(file).stem for file in glob("*.py", root_dir=Path(invariants.__file__).parent)}
    assert {invariant.__module__.rpartition(".")[2] for invariant in ALL} == files - {"__init__", "base", "facts"}


def test_an_algorithm_is_held_to_what_it_promises() -> None:
    spec = find("raft")
    of_grants = (TokenAscends, LeaseExclusion, GrantOnce, PromiseMonotonic, PersistBeforeSend)
    of_histories = (Leadership, ProcessConsistency, EpochOrder)
    apart = {*of_grants, *of_histories}
    assert for_algorithm(spec) == tuple(invariant for invariant in ALL if invariant not in apart)
    spreading = msgspec.structs.replace(spec, histories=HISTORIES)
    assert set(for_algorithm(spreading)) == {*for_algorithm(spec), *of_histories, PersistBeforeSend}
    bare = msgspec.structs.replace(spec, keeps_log=False, features=frozenset())
    assert for_algorithm(bare) == (Monotonic, Recovery, Deadlines, NoAlarm)
    guarded = msgspec.structs.replace(bare, features=frozenset({"tokens"}))
    assert for_algorithm(guarded) == (ElectionSafety, OneLeaderPerToken, Monotonic, Recovery, Deadlines, NoAlarm)
    granting = msgspec.structs.replace(guarded, features=frozenset({"tokens", "durable_votes"}), grants=GRANTS)
    assert set(for_algorithm(granting)) == {*for_algorithm(guarded), DurableVotes, *of_grants}
    other = msgspec.structs.replace(spec, features=frozenset({"tokens"}))
    assert set(ALL) - set(for_algorithm(other)) == {DurableVotes, HungDisk, LeaseAlone, *apart}


def test_what_rests_on_a_majority_is_not_promised_where_settings_need_none() -> None:
    spec = find("raft")
    granting = msgspec.structs.replace(spec, grants=GRANTS)
    assert all(invariant.promised(spec, None) for invariant in ALL)
    assert all(invariant.promised(granting, True) for invariant in ALL)
    unguarded = {invariant for invariant in ALL if not invariant.promised(granting, False)}
    assert unguarded == {ElectionSafety, OneLeaderPerToken, DurableVotes, TokenAscends, LeaseExclusion, GrantOnce}


def test_what_is_not_promised_is_counted_and_not_raised() -> None:
    stage = Stage(ElectionSafety, unpromised=[ElectionSafety])
    stage.one.lead(1)
    stage.two.lead(1)
    assert stage.observer.summary()["not promised, ElectionSafety"] == 1


def test_a_counter_is_what_a_term_is_led_by() -> None:
    assert Chronicle((1, 2, 3)).counter(71) == 71
    assert Chronicle((1, 2, 3), grants=GRANTS).counter(71) == 7
    stage = Stage(ElectionSafety, grants=GRANTS)
    stage.one.lead(71)
    with pytest.raises(InvariantBrokenError, match="nodes 1 and 2 both lead term 72"):
        stage.two.lead(72)


def test_a_broken_one_names_itself_what_happened_and_its_source() -> None:
    class Never(Invariant):
        title = "Never"
        source = "common sense"

    error = Never(Chronicle((1, 2, 3))).broken("it happened")
    assert isinstance(error, InvariantBrokenError)
    assert str(error) == "Never: it happened [common sense]"


def test_a_majority_is_more_than_half() -> None:
    assert [Chronicle(range(1, size + 1)).majority for size in (1, 2, 3, 4, 5)] == [1, 2, 2, 3, 3]


def test_what_can_never_be_lost_is_on_one_of_each_quorum() -> None:
    chronicle = Chronicle((1, 2, 3, 4))
    assert [chronicle.recoverable(nodes) for nodes in ([1], [1, 2], [1, 2, 3])] == [False, False, True]
    chronicle.reshaped = True
    assert [chronicle.recoverable(nodes) for nodes in ([1], [1, 2], [1, 2, 3])] == [False, True, True]


def test_invariants_that_override_nothing_cost_nothing() -> None:
    class Curious(Invariant):
        def elected(self, view: NodeView) -> None:
            """Wants to know this, and nothing else."""

    stage = Stage(Invariant, Curious)
    facts = vars(stage.observer._facts)
    told = {fact for fact, tell in facts.items() if tell and not fact.startswith("_")}
    assert told == {"elected"}
    assert len(facts["elected"]) == 1
