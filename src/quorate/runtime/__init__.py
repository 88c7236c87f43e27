"""The one driver: event, step, carry out effects in order."""
