"""Counters of what went over a link."""

import msgspec


class Traffic(msgspec.Struct):
    """Counted by a link. `bytes_*` are whole frames, hellos included. `overflows`: breaks because the buffer was full."""

    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    overflows: int = 0

    def add(self, other: "Traffic") -> None:
        """Count what `other` has counted as well."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
