"""Degradation category rating (ITU-T P.910): a picture against its visible original, five categories of annoyance."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from srbench.ratings.votes import Stimulus
from srbench.survey.category_method import CategoryMethod
from srbench.survey.design import Content, Design, Trial
from srbench.survey.method import against_best, required_reference
from srbench.survey.wording import N_, Wording, categories


class DegradationCategoryRating(CategoryMethod):
    """Degradation category rating on the five categories of ITU-T P.910."""

    title = "a picture against its original, five categories of annoyance"
    options = frozenset({"display"})
    references = "shown"
    pictures_per_trial = 2
    default_display = "toggle"

    def wording(self, design: Design) -> Wording:
        """Return the impairment scale of ITU-T P.910."""
        words = Wording(
            task=N_("You will see pictures and their originals, and say how much the differences annoy you."),
            legend=N_("How do the differences from the original look?"),
            buttons=categories(
                N_("very annoying"),
                N_("annoying"),
                N_("slightly annoying"),
                N_("perceptible but not annoying"),
                N_("imperceptible"),
            ),
            keys=N_("Space shows the original; keys 1 to 5 answer."),
            calibration=N_(
                "Compared with the second picture, the first deserves a 1. A picture that looks the same as the second "
                "deserves a 5."
            ),
            worst=N_("very annoying"),
            best=N_("original"),
            names=(N_("Picture to rate"), N_("The original")),
            show_second=N_("Show the original"),
            show_first=N_("Back to the picture"),
        )
        return words if design.display == "toggle" else replace(words, keys=N_("Keys 1 to 5 work too."), show_second="")

    def questions(self, design: Design, pictures: Mapping[Content, Sequence[Stimulus]]) -> dict[Content, list[Trial]]:
        """Return one trial for each picture but the original, which is shown beside it."""
        del design
        trials = {}
        for content, listed in pictures.items():
            reference = required_reference(content, listed, "dcr")
            trials[content] = [Trial("trial", p.name, reference) for p in listed if not p.reference]
        return trials

    def traps(self, design: Design, anchors: Sequence[Stimulus]) -> list[Trial]:
        """Return each anchor against the original of its content."""
        return [Trial("trap", worse.name, best.name) for worse, best in against_best(anchors)]

    def practice(self, design: Design, calibration: Sequence[Stimulus]) -> list[Trial]:
        """Return each calibration picture against the original of its content."""
        return [Trial("practice", worse.name, best.name) for worse, best in against_best(calibration)]


METHOD = DegradationCategoryRating()
