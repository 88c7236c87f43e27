"""One simulated run, told in full: of a scenario, of a storm's seed, or of a plan that was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from quorate.algorithms import catalog
from quorate.cli.failures import ExitCode
from quorate.cli.simulate_evidence import keep_evidence
from quorate.cli.simulate_screen import Screen, show_recording
from quorate.cli.simulate_wishes import Wishes, speed_of
from quorate.core.errors import ConfigError
from quorate.core.ids import SECOND
from quorate.sim.clients.journal_clients import JournalWorkload
from quorate.sim.clients.kv_clients import KvWorkload
from quorate.sim.meter import Meter
from quorate.sim.scenarios import library
from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.play import Outcome, Play
from quorate.sim.scenarios.recorder import Recorder
from quorate.sim.scenarios.source import Source, find_source
from quorate.sim.scenarios.verbs import VERBS
from quorate.sim.storms.plan import Plan, draw_plan
from quorate.sim.storms.run import Storm

_CALM = 3 * SECOND
"""What a storm's calm mostly takes, so that the picture has room for it from the start."""


def list_scenarios(wishes: Wishes) -> ExitCode:
    """The scenarios there are, and the verbs to write more of them."""
    found = [(name, library.description_of(library.text_of(name))) for name in library.names()]
    verbs = [(verb.usage, verb.meaning) for verb in VERBS.values()]
    if wishes.json:
        print_json({"scenarios": dict(found), "verbs": dict(verbs)})
        return ExitCode.OK
    console = Console()
    for title, rows in (("scenario", found), ("verb", verbs)):
        table = Table(
            title, "what it shows" if title == "scenario" else "what it does", box=box.SIMPLE_HEAD, pad_edge=False
        )
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)
    console.print(_TIMES, markup=False, highlight=False, soft_wrap=True)
    return ExitCode.OK


_TIMES = """TARGET is a node such as 3, some such as 1,2, or leader, follower, biggest, all. Times follow: at 3s, after 200ms,
for 2s, from 2s to 5s, every 500ms. `expect` says what must come true; docs/simulator.md has the whole language.

  quorate simulate --scenario "crash leader at 3s; expect leader within 2s"
  quorate simulate --scenario power-loss"""


def run_scenario(wishes: Wishes) -> ExitCode:
    """A scenario under one seed."""
    source = find_source(wishes.scenario or library.default_for(catalog.find(wishes.algorithm or catalog.DEFAULT)))
    scenario = read_scenario(source.text, nodes=wishes.nodes, seed=wishes.seed, algorithm=wishes.algorithm)
    with trace_file(wishes.trace) as file, watching(wishes, scenario.until) as screen:
        play = Play(scenario, file, watched=True, on_look=screen.look if screen is not None else None)
        if screen is not None and play.recorder is not None:
            screen.recording = play.recorder.recording
        outcome = play.run()
    command = wishes.command("--scenario", source.argument, "--seed", str(scenario.seed))
    if wishes.json:
        print_json(_scenario_document(source, outcome, command))
    else:
        _tell_scenario(source, outcome, command, taught=wishes.scenario is None)
    return ExitCode.FAILED if outcome.failure else ExitCode.OK


def run_seed(wishes: Wishes) -> ExitCode:
    """A storm's seed."""
    seed = wishes.seed or 0
    plan = draw_plan(seed, wishes.algorithm or catalog.DEFAULT, wishes.nodes, wishes.network or "mixed")
    return run_one_plan(wishes, plan, wishes.command("--seed", str(seed)))


def run_one_plan(wishes: Wishes, plan: Plan, command: str) -> ExitCode:
    """A storm, from its plan. `command` runs it again."""
    with trace_file(wishes.trace) as file, watching(wishes, plan.duration_ns + _CALM) as screen:
        storm = Storm(plan, file, traced=True)
        storm.cluster.network.meter = meter = Meter()
        recorder = Recorder(
            storm.cluster, storm.nemesis.happened, _acknowledged(storm), screen.look if screen is not None else None
        )
        if screen is not None:
            screen.recording = recorder.recording
        report = storm.run()
    recording = recorder.finish()
    messages = meter.since({}).commonest()
    kept = keep_evidence(wishes, [plan]) if report.failure else []
    if wishes.json:
        document = {
            "mode": "seed",
            "seed": plan.seed,
            "plan": plan,
            "failure": report.failure,
            "replay": command,
            "digest": report.digest,
            "simulated_seconds": report.simulated_ns / SECOND,
            "timeline": recording,
            "counts": report.counts,
            "messages": messages,
            "evidence": [one.document() for one in kept],
        }
        print_json(document)
        return ExitCode.FAILED if report.failure else ExitCode.OK
    console = Console()
    console.print(_title(plan), highlight=False, soft_wrap=True)
    console.print()
    show_recording(console, recording)
    _tell_end(console, report.digest, report.counts, messages, report.failure, report.traceback, command)
    for one in kept:
        console.print(one.describe(), markup=False, highlight=False, soft_wrap=True)
    return ExitCode.FAILED if report.failure else ExitCode.OK


def _acknowledged(storm: Storm) -> Callable[[], int]:
    """What counts the writes that its clients were told of."""
    clients = storm.workload
    return (lambda: clients.outcomes.applied) if isinstance(clients, JournalWorkload | KvWorkload) else (lambda: 0)


@contextmanager
def watching(wishes: Wishes, until: int) -> Iterator[Screen | None]:
    """A live picture on a terminal; elsewhere, and beside JSON, none."""
    console = Console()
    if wishes.json or not console.is_terminal or console.is_dumb_terminal:
        yield None
        return
    screen = Screen(console, speed_of(wishes.speed), until)
    try:
        yield screen
    finally:
        screen.close()


@contextmanager
def trace_file(path: Path | None) -> Iterator[BinaryIO | None]:
    """The file for `--trace`, if one is wished."""
    if path is None:
        yield None
        return
    try:
        file = path.open("wb")
    except OSError as error:
        raise ConfigError(f"--trace {path}: {error.strerror}; name a file that can be written") from error
    with file:
        yield file


def print_json(document: Any) -> None:
    """One document on standard output."""
    print(msgspec.json.encode(document).decode())


def _tell_scenario(source: Source, outcome: Outcome, command: str, *, taught: bool) -> None:
    console, scenario = Console(), outcome.scenario
    title = f"{source.name or 'scenario'}: {scenario.nodes} nodes run {scenario.algorithm}, seed {scenario.seed}"
    console.print(title, style="bold", markup=False, highlight=False)
    if source.description:
        console.print(source.description, markup=False, highlight=False)
    console.print()
    if outcome.recording is not None:
        verdicts = [(one.decided_at or scenario.until, one.describe(), one.met) for one in outcome.verdicts]
        show_recording(console, outcome.recording, verdicts)
    for statement in outcome.idle:
        console.print(f"found nothing to strike: {statement}", style="yellow", markup=False, highlight=False)
    _tell_end(console, outcome.digest, outcome.counts, outcome.messages, outcome.failure, outcome.traceback, command)
    if taught:
        console.print(_LESSON, markup=False, highlight=False, soft_wrap=True)


_LESSON = """
This was a whole cluster in simulated time: the code that runs in production, on
a clock, a network and disks that are made up. All of it follows from the seed,
so the same command tells the same story. Go on with

  quorate simulate --list                                  more scenarios
  quorate simulate --scenario "pause leader at 3s for 2s"  one of your own
  quorate simulate --seeds 200                             whatever else can go wrong"""


def _title(plan: Plan) -> str:
    network = "datagrams" if plan.network.datagrams() else "links"
    settings = ", ".join(f"{name} {value}" for name, value in sorted(plan.options.items()))
    return (
        f"seed {plan.seed}: {plan.nodes} nodes run {plan.algorithm} over {network}, {len(plan.faults)} faults and "
        f"{len(plan.triggers)} triggers in {plan.duration_ns / SECOND:g} s, then a calm\n{settings}"
    )


def _tell_end(
    console: Console,
    digest: str,
    counts: dict[str, int],
    messages: dict[str, int],
    failure: str,
    traceback: str,
    command: str,
) -> None:
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in messages.items())
    console.print(f"messages: {kinds or 'none'}", markup=False, highlight=False)
    console.print(
        f"{counts['events']:,} events, {counts['faults']} faults; history {digest}", highlight=False, soft_wrap=True
    )
    if failure:
        if traceback:
            console.print(traceback, markup=False, highlight=False, soft_wrap=True)
        console.print(f"BROKEN: {failure}", style="bold red", markup=False, highlight=False, soft_wrap=True)
        console.print(f"again: {command}", markup=False, highlight=False, soft_wrap=True)


def _scenario_document(source: Source, outcome: Outcome, command: str) -> dict[str, Any]:
    scenario = outcome.scenario
    return {
        "mode": "scenario",
        "scenario": source.name or source.text,
        "seed": scenario.seed,
        "nodes": scenario.nodes,
        "algorithm": scenario.algorithm,
        "failure": outcome.failure,
        "replay": command,
        "digest": outcome.digest,
        "simulated_seconds": outcome.simulated_ns / SECOND,
        "expectations": outcome.verdicts,
        "found_nothing_to_strike": outcome.idle,
        "timeline": outcome.recording,
        "counts": outcome.counts,
        "messages": outcome.messages,
    }
