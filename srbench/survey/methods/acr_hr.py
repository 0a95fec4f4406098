"""Absolute category rating with hidden references (ITU-T P.910): the originals are among the pictures to rate."""

from srbench.survey.methods.acr import AbsoluteCategoryRating
from srbench.survey.plan.design import Design
from srbench.survey.plan.wording import spoken


class HiddenReferenceRating(AbsoluteCategoryRating):
    """Absolute category rating in which the originals are rated too, without being named."""

    title = "the same, with the originals hidden among the pictures"
    references = "hidden"

    def described(self, design: Design) -> str:
        """Name the scale, and the hidden originals."""
        scale = spoken(self.scale(design))
        return (
            f"Raters saw one picture at a time, originals hidden among them ({scale} of quality; ITU-T P.910, ACR-HR)."
        )


METHOD = HiddenReferenceRating()
