"""Bytes on disk, through the `Disk` protocol: no open() here."""
