"""The replicated key-value machine, with etcd's data model."""

from quorate.machines.kv.commands import (
    Command,
    CompareAndSwap,
    Condition,
    Delete,
    Put,
    Relation,
    Target,
    check_command,
    decode_command,
    encode_command,
)
from quorate.machines.kv.key_range import FROM_KEY, prefix_range
from quorate.machines.kv.machine import KeyValueMachine
from quorate.machines.kv.results import DeleteResult, PutResult, RangeResult, Result, SwapResult
from quorate.machines.kv.store import KeyValue, SortTarget

__all__ = [
    "FROM_KEY",
    "Command",
    "CompareAndSwap",
    "Condition",
    "Delete",
    "DeleteResult",
    "KeyValue",
    "KeyValueMachine",
    "Put",
    "PutResult",
    "RangeResult",
    "Relation",
    "Result",
    "SortTarget",
    "SwapResult",
    "Target",
    "check_command",
    "decode_command",
    "encode_command",
    "prefix_range",
]
