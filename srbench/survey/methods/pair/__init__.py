"""Paired comparison: which of two pictures of one content looks better. Analysed by the Bradley-Terry model."""

from srbench.survey.methods.pair.method import METHOD

__all__ = ["METHOD"]
