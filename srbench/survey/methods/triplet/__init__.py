"""Triplets after ISO/IEC 29170-3 (JPEG AIC-3): which of two pictures differs more from the original, or not sure."""

from srbench.survey.methods.triplet.method import METHOD

__all__ = ["METHOD"]
