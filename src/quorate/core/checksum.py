"""The checksum of everything: CRC-32 as in zlib, Ethernet and gzip. Damage that happens is found; who forges can forge it.

Every byte of a command is checked some seven times between its caller and three disks, so it matters how fast that is: the package `isal`
(Intel's library) is four times as fast as zlib for what a busy node writes. Where there is none, zlib gives the same numbers.
"""

try:
    from isal.isal_zlib import crc32
except ImportError:
    from zlib import crc32

__all__ = ["crc32"]
