"""Bytes on the network: frames, hello, codec. No sockets here."""
