"""`quorate simulate`: a whole cluster in simulated time, told in full; or thousands of them, held to what must never happen.

What runs is imported when it runs: `quorate --help` needs none of the simulator.
"""

from __future__ import annotations

import typer

from quorate.algorithms import catalog
from quorate.cli.failures import ExitCode
from quorate.cli.options import JsonOption
from quorate.cli.simulate_options import (
    AlgorithmOption,
    DemandOption,
    FirstSeedOption,
    ListOption,
    NetworkOption,
    NodesOption,
    NoShrinkOption,
    OutOption,
    ReplayOption,
    ScenarioOption,
    SeedOption,
    SeedsOption,
    SpeedOption,
    TraceOption,
    TranscriptOption,
    WorkersOption,
)
from quorate.cli.simulate_wishes import LIST, REPLAY, SCENARIOS, SEED, STORM, Mode, Wishes, mode_of


def simulate(
    scenario: ScenarioOption = None,
    listing: ListOption = False,
    seed: SeedOption = None,
    seeds: SeedsOption = None,
    first_seed: FirstSeedOption = None,
    replay: ReplayOption = None,
    transcript: TranscriptOption = False,
    algorithm: AlgorithmOption = None,
    nodes: NodesOption = None,
    network: NetworkOption = None,
    workers: WorkersOption = None,
    trace: TraceOption = None,
    speed: SpeedOption = None,
    out: OutOption = None,
    no_shrink: NoShrinkOption = False,
    demand_coverage: DemandOption = False,
    json: JsonOption = False,
) -> None:
    """Simulate clusters in trouble: same seed, same history, byte for byte.

    Without options: a short scenario with its timeline. Exit code 1 if anything broke that must not.
    """
    wishes = Wishes(
        algorithm=algorithm,
        nodes=nodes,
        seed=seed,
        seeds=seeds,
        first_seed=first_seed,
        scenario=scenario,
        replay=replay,
        listing=listing,
        network=network,
        workers=workers,
        trace=trace,
        transcript=transcript,
        speed=speed,
        out=out,
        no_shrink=no_shrink,
        demand_coverage=demand_coverage,
        json=json,
    )
    mode = mode_of(wishes)
    if algorithm is not None:
        catalog.find(algorithm)
    code = _run(mode, wishes)
    if code is not ExitCode.OK:
        raise typer.Exit(code)


def _run(mode: Mode, wishes: Wishes) -> ExitCode:
    from quorate.cli import simulate_many, simulate_one, simulate_replay

    if mode is LIST:
        return simulate_one.list_scenarios(wishes)
    if mode is REPLAY:
        return simulate_replay.replay(wishes)
    if mode in (STORM, SCENARIOS):
        return simulate_many.run(wishes)
    if mode is SEED:
        return simulate_one.run_seed(wishes)
    return simulate_one.run_scenario(wishes)
