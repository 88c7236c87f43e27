"""The JSON of etcd's gRPC gateway: requests and answers of `/v3/kv/*`.

Bytes are base64, 64-bit numbers are written as strings and read as strings or numbers, enums as names or numbers.
Source: etcd's rpc.proto and kv.proto, and the JSON mapping of proto3. A field that is not known is refused rather than
ignored: leaving out a lease, say, would do something else than what was asked for.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any, TypeVar

import msgspec

from quorate.machines.kv import KeyValue
from quorate.server.consistency import ReadLabel
from quorate.server.problem import ProblemError, bad_request

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
EnumWord = Annotated[str, msgspec.Meta(max_length=32)] | int


class _Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class PutRequest(_Request, frozen=True):
    """`prev_kv`: answer with what the key held before. The other fields after `value` are etcd's and must be left out."""

    key: bytes = b""
    value: bytes = b""
    prev_kv: bool = False
    lease: Int64 = 0
    ignore_value: bool = False
    ignore_lease: bool = False


class RangeRequest(_Request, frozen=True):
    """`serializable`: answer from this node, possibly stale. `revision` and the bounds are etcd's and must be left out."""

    key: bytes = b""
    range_end: bytes = b""
    limit: Int64 = 0
    revision: Int64 = 0
    sort_order: EnumWord = "NONE"
    sort_target: EnumWord = "KEY"
    serializable: bool = False
    keys_only: bool = False
    count_only: bool = False
    min_mod_revision: Int64 = 0
    max_mod_revision: Int64 = 0
    min_create_revision: Int64 = 0
    max_create_revision: Int64 = 0


class DeleteRangeRequest(_Request, frozen=True):
    """`prev_kv`: answer with what the keys held."""

    key: bytes = b""
    range_end: bytes = b""
    prev_kv: bool = False


class Compare(_Request, frozen=True):
    """One condition of a transaction: `target` of `key` stands in relation `result` to the operand of the target's name."""

    key: bytes = b""
    result: EnumWord = "EQUAL"
    target: EnumWord = "VERSION"
    version: Int64 | None = None
    create_revision: Int64 | None = None
    mod_revision: Int64 | None = None
    value: bytes | None = None
    lease: Int64 | None = None
    range_end: bytes = b""


class RequestOp(_Request, frozen=True):
    """One step of a transaction: exactly one of the fields."""

    request_put: PutRequest | None = None
    request_range: RangeRequest | None = None
    request_delete_range: DeleteRangeRequest | None = None
    request_txn: Any = None


class TxnRequest(_Request, frozen=True):
    """If all of `compare` hold, `success` is carried out, else `failure`."""

    compare: list[Compare] = []
    success: list[RequestOp] = []
    failure: list[RequestOp] = []


class Header(msgspec.Struct, frozen=True):
    """Who answered, at which revision of the store and in which term; `applied`: the log index that this holds, for reads that must
    not miss it. All 64-bit numbers, so strings."""

    cluster_id: str
    member_id: str
    revision: str
    raft_term: str
    applied: str = "0"


class GatewayPair(msgspec.Struct, frozen=True):
    """A key and its value."""

    key: bytes
    create_revision: str
    mod_revision: str
    version: str
    value: bytes


class PutResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """`prev_kv` is left out if there was none, or if it was not asked for."""

    header: Header
    prev_kv: GatewayPair | None = None


class RangeResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """`count`: keys in the range, whatever the limit. `read`: how it was answered, where the request says how fresh it must be."""

    header: Header
    kvs: list[GatewayPair]
    count: str
    more: bool
    read: ReadLabel | None = None


class DeleteRangeResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """`prev_kvs` is left out if there were none, or if they were not asked for."""

    header: Header
    deleted: str
    prev_kvs: list[GatewayPair] = []


class ResponseOp(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to one step of a transaction."""

    response_put: PutResponse | None = None
    response_range: RangeResponse | None = None
    response_delete_range: DeleteRangeResponse | None = None


class TxnResponse(msgspec.Struct, frozen=True):
    """`responses`: of the branch that was carried out, in its order."""

    header: Header
    succeeded: bool
    responses: list[ResponseOp]


def pair_of(pair: KeyValue) -> GatewayPair:
    """The machine's pair in the gateway's form."""
    return GatewayPair(pair.key, str(pair.create_revision), str(pair.mod_revision), str(pair.version), pair.value)


_BASE64_HINT = "keys and values are base64 in the standard alphabet, with padding: foo is Zm9v"


def decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    """A decoder that takes numbers also as strings."""
    return msgspec.json.Decoder(shape, strict=False)


def decode(using: msgspec.json.Decoder[T], body: bytes) -> T:
    """One request. Raises a 400 that names the field for anything else."""
    try:
        return using.decode(body or b"{}")
    except msgspec.ValidationError as error:
        text = str(error)
        raise bad_request(f"the request has a wrong field: {text}", _hint(text), "bad_field") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = 'send a JSON object, such as {"key": "Zm9v", "value": "YmFy"}'
        raise bad_request(f"the request is not JSON: {error}", hint, "bad_json") from error


def _hint(complaint: str) -> str:
    if "base64" in complaint:
        return _BASE64_HINT
    if "unknown field" in complaint:
        return "leave it out: what is not known cannot be honoured; docs/http.md lists the fields"
    return "correct it; docs/http.md lists the fields and their types"


def word(kind: type[E], given: str | int, field: str) -> E:
    """The enum member that a name, a number, or a number in a string stands for. Raises a 400 for any other."""
    if isinstance(given, str) and given in kind.__members__:
        return kind[given]
    try:
        return kind(int(given))
    except ValueError as error:
        raise _unknown_word(kind, given, field) from error


def _unknown_word(kind: type[IntEnum], given: str | int, field: str) -> ProblemError:
    known = ", ".join(f"{member.name} ({member.value})" for member in kind)
    return bad_request(f"{field} is {given!r:.40}", f"give one of {known}", "bad_field")
