"""Changes of members as clients write them: JSON objects, each of which says in `do` what it is."""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

import msgspec

from quorate.core.errors import ConfigError
from quorate.core.ids import NodeId
from quorate.core.reconfigure import Add, Change, Demote, Promote, Remove, Update
from quorate.server.config import one_address
from quorate.server.problem import bad_request

T = TypeVar("T")

OneNode = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
OneIndex = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Priority = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    id: OneNode


class AddWritten(_Written, frozen=True, tag="add"):
    """`vote`: it votes as soon as it has caught up. `at_once`: it votes now; for several changes that are to be one step."""

    address: str
    vote: bool = True
    at_once: bool = False
    priority: Priority = 0


class PromoteWritten(_Written, frozen=True, tag="promote"):
    """Let a learner vote."""


class DemoteWritten(_Written, frozen=True, tag="demote"):
    """Make a voter a learner."""


class RemoveWritten(_Written, frozen=True, tag="remove"):
    """Take a member out."""


class ReplaceWritten(_Written, frozen=True, tag="replace"):
    """Let `new` in at `address`; once it has caught up it votes and the member goes."""

    new: OneNode
    address: str


class UpdateWritten(_Written, frozen=True, tag="update"):
    """Another address or priority; left out: as it is."""

    address: str | None = None
    priority: Priority | None = None


Written: TypeAlias = AddWritten | PromoteWritten | DemoteWritten | RemoveWritten | ReplaceWritten | UpdateWritten


class ChangesWritten(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several changes at once. `auto_leave`: a joint configuration is left by itself."""

    changes: Annotated[tuple[Written, ...], msgspec.Meta(min_length=1, max_length=64)]
    expected: OneIndex | None = None
    auto_leave: bool = True


def change_of(written: Written) -> Change:
    """What the group is asked for. Raises a 400 for an address that is none."""
    match written:
        case AddWritten():
            wants = written.vote and not written.at_once
            return Add(written.id, _address(written.address), 0, written.priority, written.at_once, wants_vote=wants)
        case PromoteWritten():
            return Promote(written.id)
        case DemoteWritten():
            return Demote(written.id)
        case RemoveWritten():
            return Remove(written.id)
        case ReplaceWritten():
            return Add(written.new, _address(written.address), wants_vote=True, replaces=written.id)
        case UpdateWritten():
            address = None if written.address is None else _address(written.address)
            return Update(written.id, address, written.priority)


def _address(text: str) -> str:
    try:
        return one_address(text, "address")
    except ConfigError as error:
        raise bad_request(
            str(error), "address is where its peers reach the member, as in 10.0.0.4:7100", "bad_field"
        ) from error


def decode_body(body: bytes, expected: type[T], example: str) -> T:
    """The body of a request. Raises a 400 with an `example` of what is wanted."""
    try:
        return msgspec.json.decode(body or b"{}", type=expected)
    except msgspec.ValidationError as error:
        raise bad_request(f"the request has a wrong field: {error}", f"send {example}", "bad_field") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad_request(f"the request is not JSON: {error}", f"send {example}", "bad_json") from error


def member_id(text: str) -> NodeId:
    """The id in a path. Raises a 400."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= 2**31 - 1):
        raise bad_request(
            f"{text:.40} is not a member's id", "write a whole number from 1, as in /v1/members/4", "bad_field"
        )
    return int(text)
