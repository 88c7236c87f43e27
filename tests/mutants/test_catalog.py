"""The mutants as a whole: each fits the present source, says what it is, and is undone."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cached_property
from types import CodeType, FunctionType

import pytest

from mutants.catalog import ABSENT, BY_NAME, MUTANTS, find
from mutants.mutant import Mutant
from mutants.patching import function_of, patched


def functions() -> Iterator[FunctionType]:
    """Every function of every module of the product that is imported, methods and those in properties too."""
    for name, module in sorted(sys.modules.items()):
        if name.split(".")[0] != "quorate":
            continue
        for found in vars(module).values():
            members = vars(found).values() if isinstance(found, type) else [found]
            for member in members:
                plain = member.func if isinstance(member, cached_property) else getattr(member, "__func__", member)
                plain = plain.fget if isinstance(plain, property) else plain
                if isinstance(plain, FunctionType):
                    yield plain


def codes() -> dict[int, CodeType]:
    return {id(function): function.__code__ for function in functions()}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_it_fits_and_is_undone(mutant: Mutant) -> None:
    """Exactly the functions that it names have other code within, and all have their own again after it."""
    before = codes()
    edited = {id(function_of(edit.target)) for edit in mutant.edits}
    with patched(mutant):
        within = codes()
        assert {key for key, code in within.items() if before[key] is not code} == edited
    after = codes()
    assert all(before[key] is code for key, code in after.items())


def test_each_says_what_it_is() -> None:
    for mutant in MUTANTS:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", mutant.name), mutant.name
        assert re.fullmatch(r"[A-Z][^.]*\.", mutant.meaning), f"{mutant.name}: one sentence, please"
        assert re.search(r"Raft|\.py|\.md", mutant.rule), f"{mutant.name}: which rule, of which source?"
        assert mutant.edits, mutant.name


def test_names_are_unique_and_found() -> None:
    assert len(BY_NAME) == len(MUTANTS)
    assert find("double_vote").name == "double_vote"
    assert not {absent.name for absent in ABSENT} & set(BY_NAME)


def test_what_is_absent_has_a_reason() -> None:
    for absent in ABSENT:
        assert absent.why.endswith("."), absent.name
        for name in re.findall(r"`(\w+)`", absent.why):
            assert name in BY_NAME, f"{absent.name} refers to {name}"


def test_no_bug_of_the_list_is_forgotten() -> None:
    """Those that every implementation of the paper is asked for, and every election by grants."""
    asked = """
        vote_not_persisted term_not_persisted messages_before_sync unsynced_self_counted earlier_term_committed_by_counting
        append_of_an_older_term_taken prev_not_checked truncation_on_a_stale_append up_to_date_by_length up_to_date_by_term double_vote
        leader_ignores_higher_term applied_before_committed install_drops_the_suffix stale_snapshot_installed
        sessions_missing_from_the_snapshot no_deduplication truncation_not_replayed damage_taken_as_the_end read_without_a_round
        read_before_a_commit_of_the_own_term no_entry_of_the_own_term next_index_never_backs_off configuration_acts_at_commit
        two_changes_in_flight only_the_voters_after_decide only_the_voters_before_decide configuration_not_rolled_back
        amnesiac_voter promise_not_written promise_said_before_it_is_durable grant_twice grant_of_a_lower_counter
        majority_of_the_reachable token_not_raised hold_ignored lease_longer_than_the_hold lower_winner_accepted
        suspicion_without_end lost_token_waited_for_without_end
        removed_leader_counts_itself learner_counted snapshot_carries_the_newest_configuration lease_longer_than_the_voters_silence
    """
    assert set(asked.split()) <= set(BY_NAME)
