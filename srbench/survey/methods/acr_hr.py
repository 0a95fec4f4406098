"""Absolute category rating with hidden references (ITU-T P.910): the originals are among the pictures to rate."""

from srbench.survey.methods.acr import AbsoluteCategoryRating


class HiddenReferenceRating(AbsoluteCategoryRating):
    """Absolute category rating in which the originals are rated too, without being named."""

    title = "the same, with the originals hidden among the pictures"
    references = "hidden"


METHOD = HiddenReferenceRating()
