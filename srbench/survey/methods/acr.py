"""Absolute category rating (ITU-T P.910): one picture at a time, five categories of quality."""

from srbench.survey.category_method import CategoryMethod
from srbench.survey.design import Design
from srbench.survey.wording import N_, Wording, categories


class AbsoluteCategoryRating(CategoryMethod):
    """Absolute category rating on the five categories of ITU-T P.910."""

    title = "one picture, five categories of quality"

    def wording(self, design: Design) -> Wording:
        """Return the quality scale of ITU-T P.910."""
        del design
        return Wording(
            task=N_("You will see pictures, one after the other, and say how good each one looks to you."),
            legend=N_("How good does this picture look?"),
            buttons=categories(N_("bad"), N_("poor"), N_("fair"), N_("good"), N_("excellent")),
            keys=N_("Keys 1 to 5 work too."),
            calibration=N_("A picture like the first deserves a 1; a picture like the second deserves a 5."),
            worst=N_("bad"),
            best=N_("excellent"),
        )


METHOD = AbsoluteCategoryRating()
