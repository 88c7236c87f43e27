"""Replicated state machines. Pure."""
