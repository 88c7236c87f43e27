"""A key-value store so simple that it can be seen to be right: one dict, everything by search."""

from __future__ import annotations

from typing import Any

from quorate.machines.kv import (
    Command,
    CompareAndSwap,
    Condition,
    Delete,
    DeleteResult,
    KeyValue,
    Put,
    PutResult,
    RangeResult,
    Relation,
    Result,
    SortTarget,
    SwapResult,
    Target,
)


class DumbStore:
    def __init__(self) -> None:
        self.revision = 1
        self.pairs: dict[bytes, KeyValue] = {}

    def copy(self) -> DumbStore:
        copy = DumbStore()
        copy.revision, copy.pairs = self.revision, dict(self.pairs)
        return copy

    def apply(self, command: Command) -> Result:
        match command:
            case Put(key, value, prev_kv):
                before = self.put(key, value)
                return PutResult(self.revision, before if prev_kv else None)
            case Delete(key, range_end, prev_kv):
                gone = self.inside(key, range_end)
                self.remove(gone)
                return DeleteResult(self.revision, len(gone), tuple(gone) if prev_kv else ())
            case CompareAndSwap(key, conditions, value, prev_kv):
                found = self.pairs.get(key)
                if not all(holds(condition, found) for condition in conditions):
                    return SwapResult(self.revision, False, found)
                if value is None:
                    self.remove(self.inside(key, b""))
                else:
                    self.put(key, value)
                return SwapResult(self.revision, True, found if prev_kv else None)

    def put(self, key: bytes, value: bytes) -> KeyValue | None:
        self.revision += 1
        before = self.pairs.get(key)
        created, version = (before.create_revision, before.version) if before else (self.revision, 0)
        self.pairs[key] = KeyValue(key, value, created, self.revision, version + 1)
        return before

    def remove(self, pairs: list[KeyValue]) -> None:
        for pair in pairs:
            del self.pairs[pair.key]
        if pairs:
            self.revision += 1

    def inside(self, key: bytes, range_end: bytes) -> list[KeyValue]:
        def wanted(candidate: bytes) -> bool:
            if range_end == b"":
                return candidate == key
            return candidate >= key and (range_end == b"\0" or candidate < range_end)

        return [self.pairs[candidate] for candidate in sorted(self.pairs) if wanted(candidate)]

    def range(
        self,
        key: bytes,
        range_end: bytes,
        limit: int,
        count_only: bool,
        keys_only: bool,
        sort_by: SortTarget,
        descending: bool,
    ) -> RangeResult:
        pairs = self.inside(key, range_end)
        count = len(pairs)
        if count_only:
            return RangeResult(self.revision, [], count)
        field = ["key", "version", "create_revision", "mod_revision", "value"][sort_by]
        pairs = sorted(pairs, key=lambda pair: getattr(pair, field), reverse=descending)
        if limit > 0:
            pairs = pairs[:limit]
        if keys_only:
            pairs = [KeyValue(p.key, b"", p.create_revision, p.mod_revision, p.version) for p in pairs]
        return RangeResult(self.revision, pairs, count, len(pairs) < count)


def holds(condition: Condition, pair: KeyValue | None) -> bool:
    if condition.target == Target.VALUE and pair is None:
        return False
    seen: Any = {
        Target.VERSION: pair.version if pair else 0,
        Target.CREATE: pair.create_revision if pair else 0,
        Target.MOD: pair.mod_revision if pair else 0,
        Target.VALUE: pair.value if pair else b"",
    }[condition.target]
    return {
        Relation.EQUAL: seen == condition.operand,
        Relation.GREATER: seen > condition.operand,
        Relation.LESS: seen < condition.operand,
        Relation.NOT_EQUAL: seen != condition.operand,
    }[condition.relation]
