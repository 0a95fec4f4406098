"""The version of everything between image files and values."""

PIPELINE = 2
"""Version of reading, colour, resampling, crop, rounding, tiles, folding, engines and scoring together. It is part of
every row's key. Rows that were made before versions had numbers are of version 0. It is raised when the same files, the
same weights and the same protocol may give another value; `tests/evaluation/test_pipeline.py` finds such changes."""
