"""Options of `srbench survey create` about how pictures are presented, and in whose words."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.survey.plan import boost, presentation

Enlarge = Annotated[
    int,
    typer.Option(
        min=1,
        max=presentation.LARGEST,
        help="Show each pixel as so many device pixels in each direction; the browser repeats it. Pictures are cropped "
        "to fit --area then.",
    ),
]
PauseSeconds = Annotated[
    float, typer.Option(min=0, max=60, help="Seconds of mid-grey in the place of the pictures before they appear.")
]
LeastSeconds = Annotated[
    float, typer.Option(min=0, max=600, help="Seconds for which pictures are shown before an answer is taken.")
]
LongestSeconds = Annotated[
    float,
    typer.Option(min=0, max=600, help="Seconds after which mid-grey covers the pictures until the answer; 0: never."),
]
Zoom = Annotated[
    int,
    typer.Option(
        min=1, max=presentation.LARGEST, help="Let raters enlarge a place of all pictures at once, up to this factor."
    ),
]
Magnify = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=presentation.LARGEST,
        help="Boosted triplets: show each pixel as so many device pixels in each direction. Default: 2.",
    ),
]
Amplify = Annotated[
    float | None,
    typer.Option(
        min=1,
        max=boost.LARGEST_AMPLIFICATION,
        help="Boosted triplets: factor of differences from the original. Default: 2.",
    ),
]
Flicker = Annotated[
    float | None,
    typer.Option(
        min=1,
        max=boost.FASTEST,
        help="Boosted triplets: how often a second picture and original change places; at most 5 times where they "
        "flash more than WCAG 2.3.1 allows. Default: 10.",
    ),
]
Words = Annotated[
    Path | None,
    typer.Option(
        help="TOML file of the study's own words, with a table for each language, as [en]: instructions, question, "
        "labels, consent, thanks. Raters get these languages alone."
    ),
]


def boosted(magnify: int | None, amplify: float | None, flicker: float | None) -> boost.Boost:
    """Return how pictures are boosted, as usual where nothing was said."""
    usual = boost.Boost()
    return boost.Boost(
        usual.zoom if magnify is None else magnify,
        usual.amplification if amplify is None else amplify,
        usual.changes_per_second if flicker is None else flicker,
    )
