"""The questions of the screen check, as raters read them."""

from srbench.survey.plan.wording import N_

SCREEN_QUESTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "acuity": (
        N_("Do you see well at this distance?"),
        {
            "yes": N_("yes, without glasses or contact lenses"),
            "corrected": N_("yes, with glasses or contact lenses"),
            "no": N_("no"),
            "untold": N_("I would rather not say"),
        },
    ),
    "colour": (
        N_("Is your colour vision normal?"),
        {
            "yes": N_("yes"),
            "no": N_("no"),
            "unknown": N_("I do not know"),
            "untold": N_("I would rather not say"),
        },
    ),
    "age": (
        N_("How old are you?"),
        {
            "18-24": N_("18 to 24"),
            "25-34": N_("25 to 34"),
            "35-44": N_("35 to 44"),
            "45-54": N_("45 to 54"),
            "55-64": N_("55 to 64"),
            "65+": N_("65 or older"),
            "untold": N_("I would rather not say"),
        },
    ),
}
"""Question and labelled answers of each check that offers a choice; the values are those of `participation.ANSWERS`."""
