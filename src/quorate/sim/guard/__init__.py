"""Holds a user's state machine to what a replicated machine promises, and names the command with which it breaks that."""
