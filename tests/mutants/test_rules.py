"""Every rule that is broken on purpose is missed by its test. (That the same tests pass otherwise, the suite itself shows.)"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from importlib import import_module

import pytest
from _pytest.outcomes import Failed

from mutants.patching import patched
from mutants.proof import Proof
from mutants.rules import PROOFS
from tidy.rules import IDS, ids_in


def function_of(proof: Proof) -> Callable[..., None]:
    module, _, name = proof.test.partition(":")
    function: Callable[..., None] = getattr(import_module(module), name)
    return function


def fails(proof: Proof) -> bool:
    """Whether its test does, now."""
    test = function_of(proof)
    try:
        test(**proof.words)
    except (Exception, Failed):
        return True
    return False


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: f"{proof.rule}-{proof.mutant.name}")
def test_a_rule_that_is_broken_fails_its_test(proof: Proof) -> None:
    with patched(proof.mutant):
        assert fails(proof), f"{proof.test} passes although {proof.mutant.meaning}"


def test_every_proof_names_a_test_that_carries_the_rule() -> None:
    for proof in PROOFS:
        assert proof.rule in ids_in(proof.test.partition(":")[2]), proof
        assert not inspect.iscoroutinefunction(function_of(proof))
        assert set(inspect.signature(function_of(proof)).parameters) == set(proof.words)


def test_a_rule_that_holds_fails_no_test() -> None:
    """Of a few that take no time: else whatever fails would seem to prove something."""
    for proof in PROOFS[:6]:
        assert not fails(proof)


def test_every_rule_of_the_core_has_a_proof() -> None:
    rules = {rule for rule in IDS if re.fullmatch(r"R\d+", rule)}
    assert rules == {proof.rule for proof in PROOFS}
