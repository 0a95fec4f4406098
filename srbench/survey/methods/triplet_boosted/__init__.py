"""Boosted triplets after ISO/IEC 29170-3 (JPEG AIC-3): two enlarged pictures that flicker with their original."""

from srbench.survey.methods.triplet_boosted.method import METHOD

__all__ = ["METHOD"]
