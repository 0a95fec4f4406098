"""One picture at a time, and a slider from 0 to 100 (the continuous scale of ITU-R BT.500)."""

from srbench.survey.plan.design import Design
from srbench.survey.plan.wording import N_, Wording
from srbench.survey.slider_method import QUALITY, SliderMethod


class SliderRating(SliderMethod):
    """One picture, one slider."""

    title = "one picture, a slider from 0 to 100"

    def described(self, design: Design) -> str:
        """Name the scale."""
        del design
        return (
            "Raters saw one picture at a time and set a slider from 0 to 100, with the words bad to excellent along "
            "it and no value at first (a single stimulus on the continuous quality scale of ITU-R BT.500)."
        )

    def wording(self, design: Design) -> Wording:
        """Return the question and the ends of the scale."""
        del design
        return Wording(
            task=N_("You will see pictures, one after the other, and set a slider to how good each one looks to you."),
            legend=N_("How good does this picture look?"),
            buttons=(),
            keys=N_("Keys 0 to 9 set tens, arrow keys move by one, Enter sends."),
            calibration=N_("A picture like the first belongs to the left end; a picture like the second to the right."),
            worst=QUALITY[0],
            best=QUALITY[-1],
        )

    def slider_names(self, count: int) -> tuple[str, ...]:
        """Return the name of the one slider."""
        return (N_("Quality"),) * count


METHOD = SliderRating()
