"""pytest fixtures that put a state machine into a simulated cluster, or through storms.

Every pytest run on a machine with quorate imports this file, so it imports nothing heavy until a fixture is used.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from quorate.core.machine import StateMachine
    from quorate.sim.clients.custom import DrawCommand
    from quorate.sim.cluster import Cluster
    from quorate.sim.storms.custom import StormResult

SEEDS = 20
"""Seeds of a storm in a test that names no number: some seconds."""

_told = pytest.StashKey[list[tuple[str, str]]]()
"""Of a test: sections that its report gets if it fails."""


def natural(text: str) -> int:
    """The value of an option that is a whole number from 0."""
    value = int(text)
    if value < 0:
        raise ValueError(f"{text} is below 0")
    return value


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("quorate", "storms over state machines (quorate)")
    group.addoption(
        "--quorate-seeds", type=natural, metavar="N", help="seeds of every storm, instead of what the tests say"
    )
    group.addoption("--quorate-seed", type=natural, metavar="N", help="run this one seed: what a failing test printed")


class Clusters:
    """Makes simulated clusters: `cluster = quorate_cluster(MyMachine, nodes=3)`, with the arguments of `quorate.sim.Cluster`."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._node: pytest.Item = request.node
        self._seed: int = request.config.getoption("--quorate-seed") or 0

    def __call__(
        self, machine: Callable[[], StateMachine] | None = None, *, seed: int | None = None, **settings: Any
    ) -> Cluster:
        """A started cluster. `seed`: that of `--quorate-seed`, or 0, if the test gives none."""
        from quorate.sim.cluster import Cluster

        chosen = self._seed if seed is None else seed
        how = "as the test says" if seed is not None else _command(self._node, chosen)
        tell(self._node, "quorate cluster", f"seed {chosen}: {how}")
        return Cluster(machine, seed=chosen, **settings)


class Storms:
    """Storms over a machine: `quorate_storm(MyMachine, commands=draw)`, with the arguments of `quorate.sim.storm`."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._node: pytest.Item = request.node
        self._seeds: int | None = request.config.getoption("--quorate-seeds")
        self._seed: int | None = request.config.getoption("--quorate-seed")
        self._one_of_many = hasattr(request.config, "workerinput")

    def __call__(
        self,
        machine: Callable[[], StateMachine],
        *,
        commands: DrawCommand,
        seeds: int = SEEDS,
        first_seed: int = 0,
        workers: int = 0,
        **settings: Any,
    ) -> StormResult:
        """Run the storm; `--quorate-seeds` and `--quorate-seed` go before `seeds` and `first_seed`. Under pytest-xdist, which uses all
        cores already, it stays in this process."""
        from quorate.sim.invariants.base import InvariantBrokenError
        from quorate.sim.storms.custom import StormFailedError, storm

        __tracebackhide__ = True
        if self._seed is not None:
            seeds, first_seed = 1, self._seed
        elif self._seeds is not None:
            seeds = self._seeds
        workers = 1 if self._one_of_many else workers
        try:
            return storm(machine, commands=commands, seeds=seeds, first_seed=first_seed, workers=workers, **settings)
        except StormFailedError as error:
            tell(self._node, f"quorate: traceback of seed {error.seed}", error.traceback)
            replay = _command(self._node, error.seed)
            raise StormFailedError(
                error.seed, error.failure, replay=replay, story=error.story, traceback=error.traceback
            ) from None
        except InvariantBrokenError as error:
            # It says everything; where in the guard it was found does not matter.
            raise error.with_traceback(None) from error.__cause__


@pytest.fixture
def quorate_cluster(request: pytest.FixtureRequest) -> Clusters:
    """Makes simulated clusters of your state machine: quorate_cluster(MyMachine, nodes=3, seed=7)."""
    return Clusters(request)


@pytest.fixture
def quorate_storm(request: pytest.FixtureRequest) -> Storms:
    """Puts your state machine through storms: quorate_storm(MyMachine, commands=draw_one)."""
    return Storms(request)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if call.when == "call" and report.failed:
        report.sections += item.stash.get(_told, [])


def tell(item: pytest.Item, title: str, text: str) -> None:
    """Have this printed if the test fails."""
    item.stash.setdefault(_told, []).append((title, text))


def _command(item: pytest.Item, seed: int) -> str:
    """The command that runs a test with a seed."""
    return f"pytest {shlex.quote(item.nodeid)} --quorate-seed {seed}"
