"""`srbench survey simulate`."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console, options
from srbench.cli.survey import ratings as ratings_file
from srbench.errors import UserError


def simulate(
    target: Annotated[Path, typer.Argument(help="Where the votes go: .csv, .json or .parquet; the truth beside them.")],
    models: Annotated[str, typer.Option(help="Comma-separated, worst first; name=score plants a true score.")] = (
        "nearest,bicubic,srresnet,srgan"
    ),
    images: Annotated[int, typer.Option(min=1)] = 20,
    raters: Annotated[int, typer.Option(min=1, help="Honest ones.")] = 24,
    bias: Annotated[float, typer.Option(min=0, help="Standard deviation of raters' biases.")] = 0.3,
    inconsistency: Annotated[float, typer.Option(min=0, help="Median standard deviation of a rater's votes.")] = 0.6,
    careless: Annotated[int, typer.Option(min=0, help="Raters more who answer by chance.")] = 0,
    adversarial: Annotated[int, typer.Option(min=0, help="Raters more who turn the scale round.")] = 0,
    share: Annotated[float, typer.Option(min=0.01, max=1, help="Of the stimuli, seen by each rater.")] = 1.0,
    repeated: Annotated[float, typer.Option(min=0, max=1, help="Of the votes, asked a second time.")] = 0.0,
    reference: Annotated[bool, typer.Option("--reference", help="Originals among the stimuli, as model hr.")] = False,
    traps: Annotated[bool, typer.Option("--traps", help="Four stimuli whose score is beyond doubt.")] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Paired comparisons instead of scores.")] = False,
    ties: Annotated[float, typer.Option(min=0, help="With --pairs: differences answered with a tie.")] = 0.0,
    scale: ratings_file.ScaleOption = "1-5",
    seed: Annotated[int, typer.Option(min=0, help="Of everything drawn.")] = 0,
) -> None:
    """Draw a panel whose truth is known: to plan a study, or to see what an analysis finds."""
    from srbench.ratings import files, simulation

    names, quality = _planted(models)
    panel = simulation.Simulation(
        models=names,
        quality=quality,
        images=images,
        raters=raters,
        bias=bias,
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
    if pairs:
        answers = simulation.simulate_pairs(panel, ties)
        files.write(files.Ratings(target.stem, pairs=answers), target)
        console.err.print(f"{len(answers)} answers: {target}", soft_wrap=True)
        return
    drawn = simulation.simulate(panel)
    files.write(files.Ratings(target.stem, votes=drawn.votes), target)
    truth = target.with_suffix(".truth.json")
    simulation.write_truth(panel, drawn, truth)
    console.err.print(f"{len(drawn.votes)} votes: {target}; the truth: {truth}", soft_wrap=True)


def _planted(text: str) -> tuple[list[str], list[float]]:
    names, quality = [], []
    for part in options.split(text):
        name, equals, score = part.partition("=")
        names.append(name)
        try:
            quality += [float(score)] if equals else []
        except ValueError:
            raise UserError(f"--models has '{part}'; expected a number after the =") from None
    if quality and len(quality) < len(names):
        raise UserError(f"{len(quality)} of {len(names)} models have a true score; expected all or none")
    return names, quality
