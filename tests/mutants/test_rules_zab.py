"""Every known failure that is put back is missed by its test, and told of in docs/zab.md."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from mutants.catalog import BY_NAME
from mutants.patching import patched
from mutants.proof import Proof
from mutants.rules_zab import NAMED_BUGS
from mutants.test_rules import fails, function_of

PAGE = Path(__file__).parents[2] / "docs" / "zab.md"


@pytest.mark.parametrize("proof", NAMED_BUGS, ids=lambda proof: f"{proof.rule}-{proof.mutant.name}")
def test_a_failure_that_is_back_fails_its_test(proof: Proof) -> None:
    assert set(inspect.signature(function_of(proof)).parameters) == set(proof.words)
    assert not fails(proof)
    with patched(proof.mutant):
        assert fails(proof), f"{proof.test} passes although {proof.mutant.meaning}"


def test_the_page_names_every_failure_with_its_test_and_its_mutant() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)$", PAGE.read_text(), re.MULTILINE))
    for proof in NAMED_BUGS:
        assert proof.rule in rows, f"docs/zab.md has no row for {proof.rule}"
        assert f"`{proof.test.partition(':')[2]}`" in rows[proof.rule], proof.test
        if proof.mutant.name in BY_NAME:
            assert f"`{proof.mutant.name}`" in rows[proof.rule], proof.mutant.name
