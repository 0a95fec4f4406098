"""The data sets: one record a file."""
