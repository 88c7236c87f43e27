"""The vocabulary: ids, entries, events, effects, and the interfaces everything else meets at. Pure."""
