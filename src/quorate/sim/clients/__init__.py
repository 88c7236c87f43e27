"""Clients of a simulated cluster: what they do, what they were told, and whether that can be true."""
