"""Storms for anybody's machine."""

from __future__ import annotations

import io
import os
import runpy
import threading
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest
from rich.console import Console

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.errors import ConfigError
from quorate.sim import MachineBrokenError, StormFailedError, StormResult, storm
from quorate.sim.invariants import InvariantBrokenError
from quorate.sim.storms import custom
from sim.guard import machines
from sim.guard.machines import Words, draw_word


class Restored(Words):
    """Remembers that it came from a snapshot, which nothing shows but a look at it."""

    restored = False

    def restore(self, chunks: Iterable[bytes]) -> None:
        super().restore(chunks)
        self.restored = True


def never_restored(machine: Restored) -> None:
    assert not machine.restored


def test_a_good_machine_passes_and_tells_what_happened() -> None:
    result = storm(Words, commands=draw_word, seeds=3, nodes=3)
    assert (result.seeds, result.notes) == (3, ())
    assert result.counts["commands applied"] > 50
    assert result.counts["faults"] > 5


def test_a_seed_is_the_same_in_one_process_and_in_many() -> None:
    alone = storm(Words, commands=draw_word, seeds=8, first_seed=30, nodes=3, hash_seeds=(), workers=1)
    spread = storm(Words, commands=draw_word, seeds=8, first_seed=30, nodes=3, hash_seeds=(), workers=2)
    assert alone == spread


def test_what_only_this_process_knows_is_stormed_by_many(monkeypatch: pytest.MonkeyPatch) -> None:
    class Local(Words):
        pass

    monkeypatch.setattr(custom, "PARALLEL_FROM", 2)
    asked_in = []
    spread = custom.spread

    def spying(*arguments: object, **words: object) -> object:
        asked_in.append(os.getpid())
        return spread(*arguments, **words)

    monkeypatch.setattr(custom, "spread", spying)
    result = storm(Local, commands=lambda random: draw_word(random), seeds=2, nodes=3, workers=2)
    assert result.notes[0].startswith("hash order was not checked: ")
    assert len(asked_in) == 1
    assert custom._jobs == []


def test_a_process_with_threads_is_not_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert custom._may_fork()
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert not custom._may_fork()
    finally:
        done.set()
        thread.join()
    monkeypatch.setattr(custom.multiprocessing, "get_start_method", lambda *, allow_none: "spawn")
    assert not custom._may_fork()


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (machines.Clocked, "clock"),
        (machines.Drawing, "randomness"),
        (machines.HashOrdered, "hash-order"),
        (machines.Counting, "result"),
    ],
)
def test_what_needs_no_cluster_is_found_without_one(make: type[Words], rule: str) -> None:
    with pytest.raises(MachineBrokenError) as caught:
        storm(make, commands=draw_word, seeds=1)
    assert caught.value.rule == rule
    assert caught.value.place.command is not None


def test_a_check_that_needs_no_cluster_is_found_without_one() -> None:
    with pytest.raises(InvariantBrokenError, match=r"^Your check: .*returns False \[check="):
        storm(Words, commands=draw_word, seeds=1, check=lambda words: len(words.words) < 50)
    with pytest.raises(InvariantBrokenError, match=r"^Your check: .*returns False after Words: apply of"):
        storm(Words, commands=draw_word, seeds=1, check=lambda words: len(words.words) < 50, check_always=True)


def test_what_needs_a_storm_is_told_with_its_seed_its_story_and_its_replay(tmp_path: Path) -> None:
    with pytest.raises(StormFailedError) as caught:
        storm(Restored, commands=draw_word, check=never_restored, seeds=60, nodes=3, shrink_s=0.5, workers=1)
    error = caught.value
    assert error.failure.startswith("InvariantBrokenError: Your check: never_restored(machine) raises AssertionError")
    assert "Smallest that still fails so (from " in error.story
    assert "never_restored" in error.traceback
    assert str(error).startswith(f"seed {error.seed}: ")
    program = tmp_path / "again.py"
    program.write_text(error.replay.replace("seeds=1", "seeds=1, shrink_s=0"))
    with pytest.raises(StormFailedError) as again:
        runpy.run_path(str(program))
    assert (again.value.seed, again.value.failure.split("<")[0]) == (error.seed, error.failure.split("<")[0])
    assert again.value.story == ""


def test_arguments_that_cannot_be_used_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="seeds is 0 and first_seed 0"):
        storm(Words, commands=draw_word, seeds=0)
    with pytest.raises(ConfigError, match="first_seed -1"):
        storm(Words, commands=draw_word, first_seed=-1)
    with pytest.raises(ConfigError, match="there is no algorithm 'guessing'"):
        storm(Words, commands=draw_word, algorithm="guessing")
    with pytest.raises(ConfigError, match=r"commands\(random\) returned None"):
        storm(Words, commands=lambda _: None)

    class ElectionOnly:
        keeps_log = False

    monkeypatch.setattr(custom, "find", lambda _: ElectionOnly)
    with pytest.raises(ConfigError, match="calm only elects"):
        storm(Words, commands=draw_word, algorithm="calm")
    assert "keeps_log" in AlgorithmSpec.__annotations__


def test_people_see_progress_and_files_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for is_terminal in (True, False):
        screen = io.StringIO()
        console = Console(file=screen, force_terminal=is_terminal, width=80)
        monkeypatch.setattr(custom, "Console", lambda *, stderr, shown=console: shown)
        assert isinstance(storm(Words, commands=draw_word, seeds=1, nodes=1, hash_seeds=()), StormResult)
        assert ("1/1" in screen.getvalue()) is is_terminal


def test_commands_come_from_the_given_random_alone() -> None:
    given: list[Random] = []

    def draws(random: Random) -> bytes:
        given.append(random)
        return draw_word(random)

    storm(Words, commands=draws, seeds=1, nodes=1, hash_seeds=())
    assert len({id(random) for random in given}) > 2, "one stream for each client, and for what is tried first"
