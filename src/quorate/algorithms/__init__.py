"""Bully, ring, Raft, ZAB: each a pure function of events to effects."""
