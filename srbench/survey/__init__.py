"""A subjective test, from its plan to its votes."""
