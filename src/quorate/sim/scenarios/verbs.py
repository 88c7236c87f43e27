"""What can be made to happen: one function a verb, which reads its words and returns what makes its faults and steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeAlias, get_args

import msgspec

from quorate.core.ids import MILLISECOND, Nanos, NodeId
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.disk import Operation
from quorate.sim.image import LossRule
from quorate.sim.rot import Aged
from quorate.sim.scenarios.clauses import SHORTEST, When
from quorate.sim.scenarios.scenario import RESTART_TAKES, MendDisk, Resume, Start, Step
from quorate.sim.scenarios.words import Reader, refuse
from quorate.sim.storms import faults
from quorate.sim.storms.faults import FOLLOWER, LEADER, Fault

Made: TypeAlias = Iterable[Fault | Step]
Maker: TypeAlias = Callable[[Nanos, When], Made]
"""Given one time of the statement, and all of its clauses."""

TARGETS = ("leader", "follower", "biggest", "all")
FLAP_EVERY: Nanos = 500 * MILLISECOND
SLOW_DEFAULT: Nanos = 100 * MILLISECOND
MAX_DRIFT = 50
"""Percent. A clock that is worse is broken hardware, and a rate must stay above 0."""


class Verb(msgspec.Struct, frozen=True):
    """`usage` and `meaning` are for people. `lasting`: whether it can end, with `for`. `periodic`: `every` is its period,
    and does not repeat the statement."""

    usage: str
    meaning: str
    read: Callable[[Reader], Maker]
    lasting: bool = True
    periodic: bool = False


def read_targets(reader: Reader, words: Iterable[str] = TARGETS) -> tuple[NodeId, ...]:
    """Whom a statement strikes: numbers separated by commas, or one of `words`."""
    word, fits = reader.next, list(words)
    text = word.text.lower()
    if word.kind == "number":
        return reader.node_list()
    if text not in fits:
        raise refuse(word, "names no node", [*fits, *map(str, range(1, reader.nodes + 1))])
    reader.take()
    named = {"leader": (LEADER,), "follower": (FOLLOWER,), "biggest": (reader.nodes,)}
    return named.get(text, tuple(range(1, reader.nodes + 1)))


def _each(nodes: tuple[NodeId, ...], make: Callable[[NodeId, Nanos, When], Fault | Step]) -> Maker:
    return lambda at, when: [make(node, at, when) for node in nodes]


def _crash(reader: Reader, *, power: bool) -> Maker:
    nodes = read_targets(reader)
    in_write = silent = False
    rule: LossRule = "prefix"
    while True:
        if reader.has("in", "write"):
            in_write = True
        elif reader.has("silently"):
            silent = True
        elif power and reader.has("losing"):
            chosen = reader.choose(("all", "some", "sectors", "nothing"))
            rules: dict[str, LossRule] = {"all": "all", "sectors": "sectors", "nothing": "none"}
            rule = rules.get(chosen, "prefix")
        else:
            break
    return _each(
        nodes,
        lambda node, at, when: faults.Crash(at, node, when.lasting, in_write, power=power, rule=rule, silent=silent),
    )


def _restart(reader: Reader) -> Maker:
    """One that is up is stopped in good order first; one that is down finds only the start."""
    nodes = read_targets(reader, ("biggest", "all"))

    def make(at: Nanos, when: When) -> Made:
        down = RESTART_TAKES if when.lasts_ns is None else when.lasts_ns
        for node in nodes:
            yield faults.Restart(at, node, down)
            # Later than the start that ends the stop, so that it is told only of a node that had been down before.
            yield Start(at + down + 1, node)

    return make


def _pause(reader: Reader) -> Maker:
    return _each(read_targets(reader), lambda node, at, when: faults.Pause(at, node, when.lasting))


def _resume(reader: Reader) -> Maker:
    return _each(read_targets(reader, ("biggest", "all")), lambda node, at, _: Resume(at, node))


def _cut(reader: Reader) -> Maker:
    """Groups with `|` between them are cut from each other; with `->` the first does not reach the second."""
    groups = [reader.node_list()]
    word = reader.next
    if reader.has("->"):
        groups.append(reader.node_list())
        pairs = [(a, b) for a in groups[0] for b in groups[1] if a != b]
    else:
        while reader.has("|"):
            groups.append(reader.node_list())
        pairs = [(a, b) for some in groups for others in groups if some is not others for a in some for b in others]
    if len(groups) < 2:
        raise refuse(word, "a cut is between groups of nodes", ["|", "->"])
    if len({node for group in groups for node in group}) < sum(map(len, groups)):
        raise refuse(word, "a node is on both sides of this cut")
    return lambda at, when: [faults.Cut(at, tuple(pairs), when.lasting)]


def _isolate(reader: Reader) -> Maker:
    nodes = read_targets(reader, TARGETS[:3])
    companions = 0
    if reader.has("with"):
        companions = reader.number("", "with 1 more", 0, max(0, reader.nodes - 2))
        reader.choose(["more"])
    inward, outward = not reader.has("outward"), True
    if inward and reader.has("inward"):
        outward = False
    return _each(
        nodes,
        lambda node, at, when: faults.Isolate(at, node, when.lasting, inward, outward, companions=companions, turn=at),
    )


def _bridge(reader: Reader) -> Maker:
    """One node sees all others, which see each other only within their half."""
    nodes = read_targets(reader, TARGETS[:3])
    if reader.nodes < 3:
        raise refuse(reader.next, "a bridge needs two nodes beside it", ["nodes 3"])
    return _each(nodes, lambda node, at, when: faults.Bridge(at, node, when.lasting))


def _flap(reader: Reader) -> Maker:
    """`every` is the period, not a repetition of the statement."""
    nodes = read_targets(reader, TARGETS[:3])
    peer = reader.node() if reader.has("|") else None
    return _each(nodes, lambda node, at, when: faults.Flap(at, node, peer, when.every_ns or FLAP_EVERY, when.lasting))


def _break(reader: Reader) -> Maker:
    node = reader.node()
    reader.choose(["|"], "a connection is between two nodes, as in `break 1|2`")
    peer = reader.node()
    return lambda at, when: [faults.Break(at, node, peer, when.lasts_ns or 0)]


def _slow(reader: Reader) -> Maker:
    nodes = read_targets(reader)
    latency = reader.duration(least=SHORTEST) if reader.has("by") else SLOW_DEFAULT
    return _each(nodes, lambda node, at, when: faults.SlowDisk(at, node, when.lasting, latency))


def _stall(reader: Reader) -> Maker:
    return _each(read_targets(reader), lambda node, at, when: faults.StallDisk(at, node, when.lasting))


def _fail(reader: Reader) -> Maker:
    nodes = read_targets(reader)
    operations: dict[str, Operation] = {name: name for name in get_args(Operation)}
    operation = operations[reader.choose(tuple(operations))] if reader.has("on") else "sync"
    return _each(nodes, lambda node, at, when: faults.FailDisk(at, node, operation, 0, when.lasting))


def _fill(reader: Reader) -> Maker:
    nodes = read_targets(reader)
    left = reader.number("", "leaving 1000", 0, 1 << 40) if reader.has("leaving") else 0
    return _each(nodes, lambda node, at, when: faults.FillDisk(at, node, left, when.lasting))


def _lie(reader: Reader) -> Maker:
    return _each(read_targets(reader), lambda node, at, when: faults.LyingDisk(at, node, when.lasting))


def _rot(reader: Reader) -> Maker:
    """Which bit, the time says: any will do, and it must be the same one in every run."""
    nodes = read_targets(reader)
    what: Aged = "snapshot" if reader.has("snapshot") else "log"
    if what == "log":
        reader.has("log")
    return _each(nodes, lambda node, at, _: faults.Rot(at, node, what, at // MILLISECOND, at // MILLISECOND % 8))


def _mend(reader: Reader) -> Maker:
    return _each(read_targets(reader, ("biggest", "all")), lambda node, at, _: MendDisk(at, node))


def _drift(reader: Reader) -> Maker:
    nodes = read_targets(reader)
    reader.choose(["by"], "stands where it must say by how much")
    rate = NOMINAL_RATE + reader.number("%", "5% or -5%", -MAX_DRIFT, MAX_DRIFT) * NOMINAL_RATE // 100
    return _each(nodes, lambda node, at, _: faults.Drift(at, node, rate))


def _jump(reader: Reader) -> Maker:
    nodes = read_targets(reader)
    reader.choose(["by"], "stands where it must say by how much")
    ahead = reader.duration(least=SHORTEST)
    return _each(nodes, lambda node, at, _: faults.ClockJump(at, node, ahead))


def _snapshot(reader: Reader) -> Maker:
    return _each(read_targets(reader), lambda node, at, _: faults.TakeSnapshot(at, node))


def _transfer(reader: Reader) -> Maker:
    """Whom it is asked of does not matter, unless that one is cut off."""
    to = reader.node() if reader.has("to") else 0
    nodes = read_targets(reader, TARGETS[:3]) if reader.has("through") else (LEADER,)
    return _each(nodes, lambda node, at, _: faults.Transfer(at, node, to))


def _relief(_reader: Reader) -> Maker:
    return lambda at, _: [faults.Relief(at)]


def _of(part: str, read: Callable[[Reader], Maker]) -> Callable[[Reader], Maker]:
    """A verb of two words, such as `slow disk`."""

    def both(reader: Reader) -> Maker:
        reader.choose([part])
        return read(reader)

    return both


VERBS: dict[str, Verb] = {
    "crash": Verb(
        "crash TARGET [in write] [silently] [losing all|some|sectors|nothing]",
        "Power loss: the process dies, unsynced writes are lost (some, unless it says which). `in write`: in the middle of the next "
        "write. `silently`: no peer is told by the network. `for`: then it starts again.",
        partial(_crash, power=True),
    ),
    "kill": Verb(
        "kill TARGET [in write] [silently]",
        "As `kill -9`: the process dies, the machine goes on and loses nothing. `for`: then it starts again.",
        partial(_crash, power=False),
    ),
    "restart": Verb(
        "restart NODES|all",
        "Start what is down. What is up is stopped in good order first, and down `for` that long.",
        _restart,
    ),
    "pause": Verb("pause TARGET", "As SIGSTOP. `for`: then it goes on, with its inbox full.", _pause),
    "resume": Verb("resume NODES|all", "Paused nodes go on.", _resume, lasting=False),
    "cut": Verb(
        "cut NODES|NODES or cut NODES->NODES",
        "Nothing passes between the groups, or with `->` from the first to the second. `for`, or until `heal`.",
        _cut,
    ),
    "isolate": Verb(
        "isolate TARGET [with NUMBER more] [inward|outward]",
        "Cut from all others, or with some on its side. `inward`: it hears nothing but is heard; `outward`: the other way round.",
        _isolate,
    ),
    "bridge": Verb("bridge TARGET", "The other nodes fall in two halves, which only this one sees both of.", _bridge),
    "flap": Verb(
        "flap TARGET[|NODE] every TIME from TIME to TIME",
        "Cut and well again, half of each period: all links of a node, or one.",
        _flap,
        periodic=True,
    ),
    "break": Verb(
        "break NODE|NODE",
        "Their connection breaks, what is under way is lost. `for`: the second node learns of it so much later.",
        _break,
    ),
    "slow": Verb("slow disk TARGET [by TIME]", "Each write takes about that long (100ms).", _of("disk", _slow)),
    "stall": Verb("stall disk TARGET", "No write completes.", _of("disk", _stall)),
    "fail": Verb(
        "fail disk TARGET [on OPERATION]",
        "The next such call fails: sync, if it does not say; write, open, read, rename, remove, resize, sync_directory, any.",
        _of("disk", _fail),
    ),
    "fill": Verb("fill disk TARGET [leaving BYTES]", "No space is left, or so many bytes.", _of("disk", _fill)),
    "lie": Verb(
        "lie disk TARGET", "A sync says yes and keeps nothing. Nothing survives that; see it caught.", _of("disk", _lie)
    ),
    "rot": Verb(
        "rot disk TARGET [log|snapshot]",
        "A bit of an old record flips; of at most a minority of nodes, and found at its next start.",
        _of("disk", _rot),
        lasting=False,
    ),
    "mend": Verb(
        "mend disk NODES|all", "The disk is well; who died of it starts again.", _of("disk", _mend), lasting=False
    ),
    "drift": Verb(
        "drift clock TARGET by PERCENT", "It runs too fast (5%) or too slow (-5%).", _of("clock", _drift), lasting=False
    ),
    "jump": Verb("jump clock TARGET by TIME", "It leaps forward.", _of("clock", _jump), lasting=False),
    "snapshot": Verb("snapshot TARGET", "The node takes a snapshot.", _snapshot, lasting=False),
    "transfer": Verb(
        "transfer [to NODE] [through TARGET]",
        "An operator asks for another leader: that node, or the best prepared one. Asked of the leader, unless it says through whom.",
        _transfer,
        lasting=False,
    ),
    "relief": Verb(
        "relief", "All faults end: cuts heal, disks mend, who is paused or down goes on.", _relief, lasting=False
    ),
}
"""By first word. `TARGET` is a node, a list of nodes, or one of `TARGETS`; clauses of time come last."""
