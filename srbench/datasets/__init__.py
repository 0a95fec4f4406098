"""Data sets: one declarative record each, and the way from a name to files whose content is checked."""
