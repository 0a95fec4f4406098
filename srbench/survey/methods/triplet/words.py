"""The words of triplets."""

from srbench.survey.plan.wording import N_, Button, Wording

PLAIN = Wording(
    task=N_("You will see two pictures at a time, and say which one differs more from the original."),
    legend=N_("Which picture differs more from the original?"),
    buttons=(
        Button("left", "ArrowLeft", "\u2190", N_("left")),
        Button("unsure", "ArrowDown", "\u2193", N_("not sure")),
        Button("right", "ArrowRight", "\u2192", N_("right")),
    ),
    keys=N_("Space shows the original in both places; arrow keys answer."),
    calibration=N_("Some pictures differ from the original as much as the first, others hardly at all."),
    worst=N_("worst"),
    best=N_("original"),
    names=(N_("Left picture"), N_("Right picture")),
    show_second=N_("Show the original"),
    show_first=N_("Back to the picture"),
)
