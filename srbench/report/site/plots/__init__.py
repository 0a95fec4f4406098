"""Plots of a report: one file for each kind; the same rows give the same bytes."""
