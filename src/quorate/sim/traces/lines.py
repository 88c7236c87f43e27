"""What a simulated run's trace has beside the steps: who began and ended, what went wrong when, and how it all ended.

Times `at` are the world's, ns; a record's is its node's own, and `Started` and `ClockSet` say how the two go together.
"""

from __future__ import annotations

import msgspec

from quorate.core.durable import Durable
from quorate.core.ids import Nanos, NodeId
from quorate.runtime.trace_format import FORMAT, VERSION, Preamble, encode_line
from quorate.sim.storms.faults import Fault
from quorate.version import __version__


class ClusterHeader(Preamble, frozen=True):
    """Of a cluster that a program drives: it can be read, and not run again, because nobody wrote down what the program did."""

    seed: int
    nodes: int


class _Line(msgspec.Struct, frozen=True, tag=True):
    at: Nanos


class Started(_Line, frozen=True):
    """A process began on what its disk gave back. Its clock showed `clock` at `at`, and runs `rate` ns in 1,000,000."""

    node: NodeId
    clock: Nanos
    rate: int
    incarnation: int
    durable: Durable


class ClockSet(_Line, frozen=True):
    """From now on the node's clock shows `clock` at `at` and runs at `rate`."""

    node: NodeId
    clock: Nanos
    rate: int


class Crashed(_Line, frozen=True):
    """The process died. `power`: the machine lost what was not synced. `why`: if it died by itself."""

    node: NodeId
    power: bool
    why: str = ""


class Stopped(_Line, frozen=True):
    """The process ended in good order."""

    node: NodeId


class Happened(_Line, frozen=True):
    """A fault found something to disturb; it names the node that it really met."""

    fault: Fault


class Verdict(_Line, frozen=True):
    """The end of a storm. `failure`: empty if all held. `digest`: of all lines between header and verdict, of which `records` are steps."""

    failure: str
    records: int
    digest: str


def cluster_header(algorithm: str, seed: int, nodes: int) -> bytes:
    """The first line of the trace of a cluster that a program drives."""
    return encode_line(ClusterHeader(FORMAT, VERSION, "cluster", __version__, algorithm, seed, nodes))
