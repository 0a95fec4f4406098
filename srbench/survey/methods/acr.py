"""Absolute category rating (ITU-T P.910): one picture at a time, five to eleven categories of quality."""

from srbench.survey.category_method import CategoryMethod
from srbench.survey.plan.design import Design
from srbench.survey.plan.wording import KEYS, N_, Wording, spoken, spread

_FIVE = N_("A picture like the first deserves a 1; a picture like the second deserves a 5.")
_MORE = N_("A picture like the first deserves the lowest category; a picture like the second deserves the highest.")


class AbsoluteCategoryRating(CategoryMethod):
    """Absolute category rating on the five categories of ITU-T P.910, or on more that lie between them."""

    title = "one picture, five to eleven categories of quality"

    def described(self, design: Design) -> str:
        """Name the scale."""
        return f"Raters saw one picture at a time ({spoken(self.scale(design))} of quality; ITU-T P.910, ACR)."

    def wording(self, design: Design) -> Wording:
        """Return the quality scale of ITU-T P.910."""
        words = (N_("bad"), N_("poor"), N_("fair"), N_("good"), N_("excellent"))
        return Wording(
            task=N_("You will see pictures, one after the other, and say how good each one looks to you."),
            legend=N_("How good does this picture look?"),
            buttons=spread(words, design.categories),
            keys=KEYS[design.categories],
            calibration=_FIVE if design.categories == 5 else _MORE,
            worst=words[0],
            best=words[-1],
        )


METHOD = AbsoluteCategoryRating()
