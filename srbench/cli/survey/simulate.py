"""`srbench survey simulate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, options
from srbench.cli.survey import ratings as ratings_file
from srbench.core.files import require_place
from srbench.core.wording import counted
from srbench.errors import UserError

if TYPE_CHECKING:
    from srbench.ratings.simulation import Simulation

_MODELS = ["nearest,bicubic,srresnet,srgan"]

_MOST_STEPS = 1_000
"""Steps of the scale beyond which no study's raters differ."""


def simulate(
    target: Annotated[
        Path, typer.Argument(help="File for the votes: .csv, .json or .parquet; the true scores are written beside it.")
    ],
    models: Annotated[
        list[str],
        typer.Option(help="Names of models, comma-separated or repeated, worst first; NAME=SCORE sets a true score."),
    ] = _MODELS,
    images: Annotated[int, typer.Option(min=1, max=10_000, help="Number of images, each shown by every model.")] = 20,
    raters: Annotated[int, typer.Option(min=1, max=10_000, help="Number of honest raters.")] = 24,
    bias: Annotated[
        float, typer.Option(min=0, help="Standard deviation of the raters' biases, in steps of the scale.")
    ] = 0.3,
    rater_model: Annotated[
        float,
        typer.Option(
            min=0,
            help="Standard deviation of the raters' tastes: how much more than others a rater likes a model, in steps.",
        ),
    ] = 0.23,
    inconsistency: Annotated[
        float,
        typer.Option(min=0, help="Median of the raters' inconsistencies: how far a rater's votes scatter, in steps."),
    ] = 0.6,
    careless: Annotated[
        int, typer.Option(min=0, max=10_000, help="Number of additional raters who vote at random.")
    ] = 0,
    adversarial: Annotated[
        int, typer.Option(min=0, max=10_000, help="Number of additional raters who invert the scale.")
    ] = 0,
    share: Annotated[float, typer.Option(min=0.01, max=1, help="Share of the stimuli that each rater sees.")] = 1.0,
    repeated: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the votes that are asked a second time.")
    ] = 0.0,
    reference: Annotated[
        bool, typer.Option("--reference", help="Add the originals to the stimuli, as model hr.")
    ] = False,
    traps: Annotated[bool, typer.Option("--traps", help="Add four stimuli whose score is beyond doubt.")] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Write paired comparisons instead of scores.")] = False,
    ties: Annotated[
        float, typer.Option(min=0, help="With --pairs: smallest perceived difference that is not answered with a tie.")
    ] = 0.0,
    study: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a study, through whose sessions the raters go, traps and repeats included; the true scores "
            "of --models, or else spread evenly over the study's own models, are on a scale from 1 to 5."
        ),
    ] = None,
    scale: ratings_file.ScaleOption = "1-5",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random number generator.")] = 0,
) -> None:
    """Simulate raters whose true scores are known: to plan a study, or to see what an analysis finds."""
    from srbench.ratings import pair_simulation, records, simulation
    from srbench.ratings.files import Ratings

    names, quality = _planted(models)
    steps = {"--bias": bias, "--inconsistency": inconsistency, "--rater-model": rater_model, "--ties": ties}
    for option, value in steps.items():
        if not 0 <= value <= _MOST_STEPS:
            raise UserError(f"{option} is {value}; expected a number of steps of the scale, 0 to {_MOST_STEPS}")
    if not target.name:
        raise UserError(f"'{target}' is no file; expected a name for the votes, as votes.csv")
    if pairs and len(names) + reference < 2:
        raise UserError(f"--pairs compares two models or more; --models has {len(names)}")
    settings = simulation.Simulation(
        models=names,
        quality=quality,
        images=images,
        raters=raters,
        bias=bias,
        rater_model=rater_model,
        inconsistency=inconsistency,
        careless=careless,
        adversarial=adversarial,
        share=share,
        repeated=repeated,
        reference=reference,
        traps=traps,
        scale=ratings_file.parse_scale(scale),
        seed=seed,
    )
    if study:
        _through_sessions(study, settings, target, own=models == _MODELS)
        return
    truth = target.with_suffix(".truth.json")
    for place in (target, *([] if pairs else [truth])):
        require_place(place)
    if pairs:
        answers = pair_simulation.simulate_pairs(settings, ties)
        records.write(Ratings(target.stem, pairs=answers), target)
        console.err.print(f"{len(answers)} answers: {target}", soft_wrap=True)
        return
    drawn = simulation.simulate(settings)
    records.write(Ratings(target.stem, votes=drawn.votes), target)
    simulation.write_truth(settings, drawn, truth)
    console.err.print(f"{counted(len(drawn.votes), 'vote')}: {target}; the truth: {truth}", soft_wrap=True)


def _through_sessions(study: Path, panel: "Simulation", target: Path, *, own: bool) -> None:
    """Write what a panel answers in the sessions of a study, as the study's method exports it."""
    from srbench.ratings import records
    from srbench.survey.simulation.panel import of_study, simulated_responses
    from srbench.survey.study import load

    require_place(target)
    planned = load(study)
    stimuli = planned.stimuli()
    answers = simulated_responses(planned.design, stimuli, of_study(stimuli, panel, own=own))
    exported = planned.method.export(planned.design, target.stem, planned.stimuli_by_name(), answers)
    records.write(exported, target)
    console.err.print(f"{counted(len(answers), 'answer')}: {target}", soft_wrap=True)


def _planted(texts: list[str]) -> tuple[list[str], list[float]]:
    names, quality = [], []
    for part in options.split(texts):
        name, equals, score = part.partition("=")
        names.append(name)
        try:
            quality += [float(score)] if equals else []
        except ValueError:
            raise UserError(f"--models has '{part}'; expected a number after the =") from None
    if quality and len(quality) < len(names):
        raise UserError(f"{len(quality)} of {len(names)} models have a true score; expected all or none")
    return names, quality
