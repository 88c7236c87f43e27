"""The words before the first message: who is calling, whom, and whether the two fit together.

The dialing side says `Hello`; the other answers `Hello`, or `Refuse`; the dialing side says `Welcome`, or `Refuse`. So
both have agreed before either counts the link as up. A Hello begins with the same four things in every version, for
ever: tag, magic, oldest and newest version. Everything else may change with the version, so it is read second.
"""

from typing import TypeAlias

import msgspec

from quorate.core.durable import Identity
from quorate.core.ids import Index, NodeId
from quorate.core.message import NEWEST_VERSION, OLDEST_VERSION
from quorate.wire.frames import UNDECODABLE
from quorate.wire.knock import Admitted, Knock, NotNow, decode_knock
from quorate.wire.refusal import Reason, Refuse, RefusedError, printable

MAGIC = "quorate"


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="Hello"):
    """`oldest`, `newest`: the protocol versions the sender speaks. `disk` and `incarnation`: as in `Identity`.

    `members`: ids of all members the sender knows, ascending. `group`: index of the configuration that says so; 0: the first one, which
    its settings list. New fields go last and have defaults.
    """

    magic: str
    oldest: int
    newest: int
    cluster: str
    algorithm: str
    sender: NodeId
    receiver: NodeId
    disk: int
    incarnation: int
    members: tuple[NodeId, ...]
    group: Index = 0


class Welcome(msgspec.Struct, frozen=True, array_like=True, tag="Welcome"):
    """The dialing side's word that the answer to its Hello suits it. Messages may follow at once, both ways."""


class _KnockPrelude(msgspec.Struct, frozen=True, array_like=True, tag="Knock"):
    magic: str
    oldest: int
    newest: int


class _Prelude(msgspec.Struct, frozen=True, array_like=True, tag="Hello"):
    magic: str
    oldest: int
    newest: int


Control: TypeAlias = Hello | Welcome | Refuse | Knock | Admitted | NotNow

_prelude_decoder: msgspec.msgpack.Decoder[_Prelude | _KnockPrelude | Refuse] = msgspec.msgpack.Decoder(
    _Prelude | _KnockPrelude | Refuse
)
_hello_decoder = msgspec.msgpack.Decoder(Hello)
_welcome_decoder: msgspec.msgpack.Decoder[Welcome | Refuse] = msgspec.msgpack.Decoder(Welcome | Refuse)


def make_hello(
    identity: Identity, algorithm: str, receiver: NodeId, newest: int = NEWEST_VERSION, group: Index = 0
) -> Hello:
    """What the node `identity` says to `receiver`. `newest`: the newest version that it is to speak; `group`: as in `Hello`."""
    return Hello(
        magic=MAGIC,
        oldest=OLDEST_VERSION,
        newest=newest,
        cluster=identity.cluster,
        algorithm=algorithm,
        sender=identity.node,
        receiver=receiver,
        disk=identity.disk,
        incarnation=identity.incarnation,
        members=identity.members,
        group=group,
    )


def decode_hello(payload: memoryview | bytes, source: str) -> Hello | Knock | Refuse:
    """The first payload of a connection. Raises `RefusedError`: `not_quorate`, or `wrong_version` when the sender is one
    of us but no version is spoken by both."""
    try:
        prelude = _prelude_decoder.decode(payload)
        if isinstance(prelude, Refuse):
            return prelude
        if prelude.magic != MAGIC:
            raise RefusedError(Reason.NOT_QUORATE, f"the first frame from {source} has the wrong magic")
        _check_versions(prelude, source)
        if isinstance(prelude, _KnockPrelude):
            return decode_knock(payload, source)
        return _hello_decoder.decode(payload)
    except UNDECODABLE as error:
        raise RefusedError(Reason.NOT_QUORATE, f"the first frame from {source} is no hello: {error}") from error


def decode_welcome(payload: memoryview | bytes, source: str) -> Welcome | Refuse:
    """The dialing side's second payload. Raises `RefusedError` (`bad_frame`)."""
    try:
        return _welcome_decoder.decode(payload)
    except UNDECODABLE as error:
        raise RefusedError(Reason.BAD_FRAME, f"{source} did not end its hello with a welcome: {error}") from error


def agreed_version(hello: Hello, newest: int = NEWEST_VERSION) -> int:
    """The version that both sides speak from now on: the newest that both know. `newest`: that this side is to speak."""
    return min(hello.newest, newest)


def check_hello(hello: Hello, identity: Identity, algorithm: str, dialed: NodeId | None, group: Index = 0) -> None:
    """Refuse a sender that does not belong to the node `identity`; raises `RefusedError`.

    `dialed`: whom this node called; None: it was called. `group`: as in `Hello`, of this node.
    """
    _check_cluster(hello.sender, hello.cluster, hello.algorithm, identity, algorithm)
    if dialed is None:
        _check_caller(hello, identity, group)
    elif hello.sender != dialed:
        raise RefusedError(
            Reason.WRONG_NODE,
            f"node {identity.node} called node {dialed} and node {hello.sender} answered: "
            f"correct the address of node {dialed} in the peers of node {identity.node}",
        )
    if hello.receiver != identity.node:
        raise RefusedError(
            Reason.WRONG_NODE,
            f"node {hello.sender} called node {hello.receiver} and reached node {identity.node}: "
            f"correct the address of node {hello.receiver} in the peers of node {hello.sender}",
        )
    if hello.group == group == 0 and hello.members and identity.members:
        _check_members(hello, identity)


def check_knock(knock: Knock, identity: Identity, algorithm: str) -> None:
    """Refuse a newcomer that is none of ours; raises `RefusedError`."""
    _check_cluster(knock.node, knock.cluster, knock.algorithm, identity, algorithm)
    if knock.node == identity.node:
        raise RefusedError(
            Reason.WRONG_NODE,
            f"a newcomer wants to be node {knock.node}, but that is the member it asks: give it an id of its own",
        )


def guess_stranger(first: bytes) -> str:
    """What else speaks like this, as a hint for the person who reads the log; empty if nothing comes to mind."""
    if first.startswith((b"GET ", b"POST ", b"PUT ", b"HEAD ", b"DELETE ", b"OPTIONS ", b"PRI * HTTP/2", b"HTTP/1.")):
        return "; it looks like HTTP: clients use another port than peers"
    if first.startswith(b"\x16\x03"):
        return "; it looks like TLS, which is not spoken on this port"
    return ""


def _check_versions(prelude: _Prelude | _KnockPrelude, source: str) -> None:
    if prelude.oldest > NEWEST_VERSION or prelude.newest < OLDEST_VERSION:
        raise RefusedError(
            Reason.WRONG_VERSION,
            f"{source} speaks protocol versions {prelude.oldest} to {prelude.newest}, this side {OLDEST_VERSION} to "
            f"{NEWEST_VERSION}: upgrade the older one; releases that share a version can be mixed during an upgrade",
        )


def _check_cluster(sender: NodeId, cluster: str, theirs: str, identity: Identity, algorithm: str) -> None:
    if cluster != identity.cluster:
        raise RefusedError(
            Reason.WRONG_CLUSTER,
            f"node {sender} is of cluster '{printable(cluster, 100)}', node {identity.node} of cluster "
            f"'{identity.cluster}': check the cluster's name and the addresses of peers on both",
        )
    if theirs != algorithm:
        raise RefusedError(
            Reason.WRONG_ALGORITHM,
            f"node {sender} runs '{printable(theirs, 100)}', node {identity.node} runs '{algorithm}': "
            "all nodes of a cluster must run the same",
        )


def _check_caller(hello: Hello, identity: Identity, group: Index) -> None:
    if hello.sender == identity.node:
        raise RefusedError(
            Reason.WRONG_NODE,
            f"two processes say that they are node {identity.node}, or node {identity.node} called itself: "
            "give each node its own id, and check the addresses of peers",
        )
    if hello.sender not in identity.members:
        raise RefusedError(
            Reason.NOT_A_MEMBER,
            f"node {hello.sender} is not among the members {_listed(identity.members)} that node {identity.node} "
            + (
                "knows: all nodes need the same list of peers"
                if group == 0
                else f"knows since the configuration at {group}: let it join (docs/members.md), or stop it if it was removed"
            ),
        )
    if hello.sender < identity.node:
        raise RefusedError(
            Reason.WRONG_DIRECTION,
            f"node {hello.sender} called node {identity.node}, but of two nodes the one with the higher id calls: "
            "both must run the same release",
        )


def _check_members(hello: Hello, identity: Identity) -> None:
    if hello.members != identity.members:
        raise RefusedError(
            Reason.MEMBERS_DIFFER,
            f"node {hello.sender} knows the members {_listed(hello.members)}, node {identity.node} the members "
            f"{_listed(identity.members)}: all nodes need the same list of peers",
            hello.sender,
        )


def _listed(members: tuple[NodeId, ...]) -> str:
    return printable(", ".join(map(str, members)), 200)
