"""Mutants are put in wherever a function is bound, and taken out again without a trace."""

from __future__ import annotations

import inspect
import traceback
from functools import partial

import pytest

from mutants.mutant import Edit, Mutant
from mutants.patching import MutantError, function_of, patched
from quorate.algorithms.logged.log import Log
from quorate.algorithms.logged.quorum import Tally, quorum_size, tally
from quorate.algorithms.raft import raft, replication
from quorate.algorithms.raft.messages import Append
from quorate.storage.store import Store


def mutant(*edits: Edit) -> Mutant:
    return Mutant("known", "A bug for this test.", "this test", edits)


MINORITY = mutant(Edit(quorum_size, "len(voters) // 2 + 1", "len(voters) // 2"))


def test_a_function_changes_within_and_is_itself_again_after() -> None:
    code = quorum_size.__code__
    with patched(MINORITY):
        assert quorum_size([1, 2, 3, 4, 5]) == 2
    assert quorum_size([1, 2, 3, 4, 5]) == 3
    assert quorum_size.__code__ is code


def test_it_changes_wherever_it_is_bound() -> None:
    """Under another module's name, in a table of handlers, in a partial, and where the module itself calls it."""
    stop = mutant(
        Edit(replication.handle_append, "note_leader_alive(raft, sender)", 'raise RuntimeError("the mutant")')
    )
    held = partial(replication.handle_append)
    for bound in (raft.handle_append, raft.MESSAGE_HANDLERS[Append], held):
        with patched(stop), pytest.raises(RuntimeError, match="the mutant"):
            bound(None, 1, None)
    with patched(MINORITY):
        assert tally([1, 2, 3], {1: True}) is Tally.WON
    assert tally([1, 2, 3], {1: True}) is Tally.OPEN


def test_properties_and_methods_of_living_objects_change() -> None:
    log = Log()
    append = log.append
    broken = mutant(
        Edit(Log.last_index, "self.start.index + len(self._entries)", "41"),
        Edit(Log.append, "for entry in entries:", "for entry in ():"),
    )
    with patched(broken):
        assert log.last_index == 41
        append([None])
    assert log.last_index == 0


def test_class_methods_are_found() -> None:
    assert function_of(Store.open) is Store.open.__func__
    with pytest.raises(MutantError, match="not a function"):
        function_of(len)


def test_several_edits_of_one_function_add_up() -> None:
    twice = mutant(
        Edit(quorum_size, "len(voters) // 2 + 1", "len(voters) // 3 + 1"),
        Edit(quorum_size, "// 3 + 1", "// 3 + 7"),
    )
    with patched(twice):
        assert quorum_size([1, 2, 3]) == 8


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (Edit(quorum_size, "len(voters) / 2", "1"), "0 times"),
        (Edit(tally, "voters", "1"), "[1-9]+ times"),
        (Edit(quorum_size, "len(voters)", "len(voters)"), "not once"),
        (Edit(quorum_size, "return len(voters)", "return len(voters"), "does not compile"),
        (Edit(quorum_size, "def quorum_size", "def other_size"), "holds 0 functions"),
    ],
    ids=["not found", "more than once", "no change", "no Python", "gone"],
)
def test_a_mutant_that_does_not_fit_is_refused_aloud(edit: Edit, why: str) -> None:
    """And the edits before it are not made either."""
    codes = [quorum_size.__code__, tally.__code__]
    with pytest.raises(MutantError, match=why), patched(mutant(edit)):
        pytest.fail("it was put in")
    with pytest.raises(MutantError), patched(mutant(*MINORITY.edits, edit)):
        pytest.fail("it was put in")
    assert [quorum_size.__code__, tally.__code__] == codes


def test_one_mutant_at_a_time_in_one_function() -> None:
    with patched(MINORITY), pytest.raises(MutantError, match="another mutant"), patched(MINORITY):
        pytest.fail("it was put in twice")
    assert quorum_size([1]) == 1


def test_a_failure_takes_it_out_as_well() -> None:
    with pytest.raises(ZeroDivisionError), patched(MINORITY):
        quorum_size([1]) // 0
    assert quorum_size([1, 2, 3, 4, 5]) == 3


def test_a_traceback_shows_the_line_of_the_mutant() -> None:
    broken = mutant(Edit(quorum_size, "len(voters) // 2 + 1", "len(voters) // 0"))
    with patched(broken):
        with pytest.raises(ZeroDivisionError) as caught:
            quorum_size([1])
        shown = "".join(traceback.format_tb(caught.tb))
    line = inspect.getsourcelines(quorum_size)[1] + 2
    assert f'"<mutant known: quorum_size>", line {line}, in quorum_size\n    return len(voters) // 0' in shown
