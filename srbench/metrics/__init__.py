"""Metrics: pure functions with direction, unit, input and source declared beside them."""
