"""The words of paired comparison, for two pictures side by side and for two in turn."""

from dataclasses import replace

from srbench.survey.plan.wording import N_, Button, Wording

SIDE_BY_SIDE = Wording(
    task=N_("You will see two pictures at a time, and say which one looks better to you."),
    legend=N_("Which picture looks better?"),
    buttons=(
        Button("first", "ArrowLeft", "\u2190", N_("left")),
        Button("tie", "ArrowDown", "\u2193", N_("no difference")),
        Button("second", "ArrowRight", "\u2192", N_("right")),
    ),
    keys=N_("Arrow keys work too."),
    calibration=N_("Some pairs differ as much as these two, others hardly at all."),
    worst=N_("worst"),
    best=N_("best"),
    names=(N_("Left picture"), N_("Right picture")),
    show_second=N_("Show the other picture"),
    show_first=N_("Show the other picture"),
)
IN_TURN = replace(
    SIDE_BY_SIDE,
    buttons=(
        Button("first", "1", "1", N_("the first")),
        Button("tie", "0", "0", N_("no difference")),
        Button("second", "2", "2", N_("the second")),
    ),
    keys=N_("Space shows the other picture; the numbers answer."),
    names=(N_("First picture"), N_("Second picture")),
)
