"""A transfer of leadership under way."""

import msgspec

from quorate.core.ids import NodeId


class Asker(msgspec.Struct, frozen=True):
    """Who asked: the process number `boot` of `node`, under `id`. `node` None: an operator here."""

    node: NodeId | None
    boot: int
    id: int


class Transfer(msgspec.Struct, frozen=True):
    """This node has resigned in favour of `target`, as `asker` wanted; None: whoever is elected."""

    asker: Asker
    target: NodeId | None
