"""How two byte strings name a range of keys (etcd, `RangeRequest.key` and `range_end`).

| range_end       | keys                                    |
|-----------------|-----------------------------------------|
| empty           | `key` alone                             |
| above `key`     | from `key` up to, not including, the end |
| one zero byte   | from `key` to the end of the store      |
| anything else   | none                                    |
"""

FROM_KEY = b"\0"
"""As `range_end`: every key from `key` on. As `key` too: every key, for it is the lowest that a key can be."""


def prefix_range(prefix: bytes) -> tuple[bytes, bytes]:
    """`(key, range_end)` of the keys that begin with `prefix`; of all keys, if it is empty."""
    stem = prefix.rstrip(b"\xff")
    if not stem:
        return prefix or FROM_KEY, FROM_KEY
    return prefix, stem[:-1] + bytes((stem[-1] + 1,))
