"""Where models, data and metrics meet: the harness, scoring, sanity checks, stored results, the Python API."""
