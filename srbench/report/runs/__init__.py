"""The report of a run: tables, caption and comparison sheets."""
