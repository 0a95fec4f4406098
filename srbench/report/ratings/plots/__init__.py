"""Plots of a study, one file for each thing that is shown."""
