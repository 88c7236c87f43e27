"""A transaction as far as it is compare-and-swap: conditions on one key, and one put or delete of that key."""

from __future__ import annotations

import msgspec

from quorate.machines.kv import CompareAndSwap, Condition, Relation, SwapResult, Target
from quorate.server.gateway import (
    Compare,
    DeleteRangeRequest,
    DeleteRangeResponse,
    GatewayPair,
    Header,
    PutRequest,
    PutResponse,
    RangeRequest,
    RangeResponse,
    RequestOp,
    ResponseOp,
    TxnRequest,
    TxnResponse,
    pair_of,
    word,
)
from quorate.server.problem import ProblemError, bad_request, unsupported

_HINT = (
    "a transaction here is compare-and-swap: compare on one key, success with one request_put or request_delete_range "
    "of that key, failure empty or with one request_range of it"
)


class Swap(msgspec.Struct, frozen=True):
    """A transaction understood. `reads`: on failure, answer with the pair that is there."""

    command: CompareAndSwap
    prev_kv: bool
    reads: bool


def swap_of(request: TxnRequest) -> Swap:
    """The compare-and-swap that a transaction stands for. Raises a 400 or 501 for any other transaction."""
    if not request.compare:
        raise _not_offered("a transaction without compare")
    if len(request.success) != 1:
        raise _not_offered(f"a transaction with {len(request.success)} requests in success")
    key = request.compare[0].key
    conditions = tuple(_condition(compare, key) for compare in request.compare)
    reads = _failure_reads(request.failure, key)
    match _only(request.success[0], "success"):
        case PutRequest() as put if put.key == key:
            if put.lease or put.ignore_value or put.ignore_lease:
                raise _not_offered("a put with lease, ignore_value or ignore_lease")
            return Swap(CompareAndSwap(key, conditions, put.value, prev_kv=put.prev_kv), put.prev_kv, reads)
        case DeleteRangeRequest() as delete if delete.key == key and not delete.range_end:
            # The pair is asked for in any case: it tells whether there was one to delete.
            return Swap(CompareAndSwap(key, conditions, None, prev_kv=True), delete.prev_kv, reads)
        case _:
            raise _not_offered("a success that does anything but put or delete the compared key")


def response_of(swap: Swap, result: SwapResult, header: Header) -> TxnResponse:
    """The answer in the form in which the request was made."""
    found = [] if result.found is None else [pair_of(result.found)]
    if not result.succeeded:
        answers = [ResponseOp(response_range=RangeResponse(header, found, str(len(found)), more=False))]
        return TxnResponse(header, succeeded=False, responses=answers if swap.reads else [])
    return TxnResponse(header, succeeded=True, responses=[_done(swap, found, header)])


def _done(swap: Swap, found: list[GatewayPair], header: Header) -> ResponseOp:
    shown = found if swap.prev_kv else []
    if swap.command.value is None:
        return ResponseOp(response_delete_range=DeleteRangeResponse(header, str(len(found)), shown))
    return ResponseOp(response_put=PutResponse(header, shown[0] if shown else None))


def _condition(compare: Compare, key: bytes) -> Condition:
    if compare.key != key or compare.range_end:
        raise _not_offered("a transaction over more than one key")
    target = word(Target, compare.target, "compare.target")
    relation = word(Relation, compare.result, "compare.result")
    operands: dict[Target, bytes | int | None] = {
        Target.VERSION: compare.version,
        Target.CREATE: compare.create_revision,
        Target.MOD: compare.mod_revision,
        Target.VALUE: compare.value,
    }
    operand = operands.pop(target)
    if compare.lease is not None or any(other is not None for other in operands.values()):
        message = f"compare on {target.name} has the operand of another target"
        raise bad_request(message, "give only the operand that the target names", "bad_field")
    if operand is None:
        operand = b"" if target is Target.VALUE else 0
    return Condition(target, operand, relation)


def _failure_reads(failure: list[RequestOp], key: bytes) -> bool:
    if not failure:
        return False
    step = _only(failure[0], "failure")
    if len(failure) > 1 or not isinstance(step, RangeRequest) or step != RangeRequest(key=key):
        raise _not_offered("a failure that does anything but read the compared key")
    return True


def _only(step: RequestOp, branch: str) -> PutRequest | RangeRequest | DeleteRangeRequest:
    if step.request_txn is not None:
        raise _not_offered("a transaction inside a transaction")
    given = [one for one in (step.request_put, step.request_range, step.request_delete_range) if one is not None]
    if len(given) != 1:
        raise bad_request(f"a request in {branch} has {len(given)} parts", f"give exactly one; {_HINT}", "bad_field")
    return given[0]


def _not_offered(what: str) -> ProblemError:
    return unsupported(f"{what} is not offered", _HINT)
