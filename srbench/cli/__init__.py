"""The command line: one file a verb; the only place that prints or exits.

Verbs import what is slow to load (torch, numpy, requests) inside their function, so that help and listings answer at
once. Nothing else in the project does that.
"""
