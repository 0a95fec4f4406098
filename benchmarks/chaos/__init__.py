"""Runs of several workers under faults on purpose: what they store is what one process stores."""
