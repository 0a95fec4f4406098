"""`srbench survey create`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srbench import protocol as protocols
from srbench.cli import console, options
from srbench.cli.survey import people, presenting
from srbench.cli.survey.picture_sources import (
    HALF,
    WHOLE,
    calibration_photographs,
    chosen_crops,
    originals,
    stated_area,
)
from srbench.cli.survey.plan import PlannedTest, StudyFolder, show_plan
from srbench.core import files
from srbench.errors import UserError, first_line
from srbench.survey import methods
from srbench.survey.people.participation import SCREEN_QUESTIONS, Participation
from srbench.survey.plan import own_words
from srbench.survey.plan.presentation import Presentation, validated

if TYPE_CHECKING:
    from srbench.survey.method import Method as TestMethod

Method = Annotated[
    str, typer.Option(help=f"Test method: {', '.join(methods.names())}; `srbench survey methods` explains.")
]


def create(
    study: StudyFolder,
    run: Annotated[Path | None, typer.Option(help="Folder of a run, made by srbench run --save-images.")] = None,
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of images in place of a run: <model>/<image>.png, the originals in hr/."),
    ] = None,
    method: Method = "acr",
    models: Annotated[
        list[str] | None,
        typer.Option(
            help="Comma-separated, or repeated: models to rate, named as for `srbench run`; all by default. hr stands "
            "for the originals as a model."
        ),
    ] = None,
    datasets: Annotated[
        list[str] | None,
        typer.Option(
            help="Comma-separated, or repeated: data sets of the run to take pictures from, ids or folders; all by "
            "default."
        ),
    ] = None,
    raters: Annotated[int, typer.Option(min=1, max=10_000, help="Number of raters that the study wants.")] = 26,
    share: Annotated[float, typer.Option(min=0.01, max=1, help="Share of the contents that each rater sees.")] = 1.0,
    repeats: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share of the trials that each rater is asked a second time.")
    ] = 0.05,
    traps: Annotated[int, typer.Option(min=0, max=50, help="Number of trap questions in a session.")] = 2,
    screen: Annotated[
        list[str] | None,
        typer.Option(
            help="Rules that reject raters, comma-separated or repeated, or none; report, administrator's page and "
            "--stop-half go by them. Default: traps, where there are any, and bt500 for votes on a scale."
        ),
    ] = None,
    pairs: Annotated[
        Literal["full", "sparse", "blocks", "adaptive"] | None,
        typer.Option(
            help="Pairs of models that paired comparison asks: full (all), sparse (each model meets a few others), "
            "blocks (four rounds of a round robin for each rater, all of it for all) or adaptive (chosen by what "
            "earlier answers leave open). Default: full."
        ),
    ] = None,
    display: Annotated[
        Literal["toggle", "side"] | None,
        typer.Option(
            help="Show two pictures in turn at one place, or side by side. Default: toggle for dcr, side for pair."
        ),
    ] = None,
    categories: Annotated[
        Literal["5", "7", "9", "11"] | None,
        typer.Option(help="Number of categories of the scale: 5, 7 or 9 of them from 1, or 11 from 0. Default: 5."),
    ] = None,
    ties: Annotated[
        bool | None,
        typer.Option(help="Offer 'no difference' as an answer, or not, in paired comparison. Default: offer it."),
    ] = None,
    area: Annotated[
        str,
        typer.Option(
            help="Largest size of a picture in device pixels; larger pictures are cropped. Default: 960x450, and "
            "560x450 where two stand side by side, which fit into the window of a laptop."
        ),
    ] = "",
    crops: Annotated[
        Path | None,
        typer.Option(
            help="CSV file of chosen regions: dataset,content,top,left, and height,width for smaller ones than --area."
        ),
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option(help="Folder of HR images for calibration and traps; they are not rated.")
    ] = None,
    title: Annotated[str, typer.Option(help="Title that raters read; the name of the folder by default.")] = "",
    ask: Annotated[
        list[str] | None,
        typer.Option(
            help="More questions of the screen check, comma-separated or repeated: card, distance, acuity, colour, "
            "age; or all."
        ),
    ] = None,
    phones: Annotated[bool, typer.Option("--phones", help="Let raters use a phone.")] = False,
    keep_ip: Annotated[
        bool, typer.Option("--keep-ip", help="Store raters' IP addresses; the consent page says so.")
    ] = False,
    consent: Annotated[
        Path | None, typer.Option(help="Text file with paragraphs for the consent page: who asks, and why.")
    ] = None,
    redirect: Annotated[
        str,
        typer.Option(help="Address that raters are sent to at the end, as https://...?cc={code} of a panel provider."),
    ] = "",
    stop_half: Annotated[
        float | None,
        typer.Option(help="Close to newcomers when the 95 % interval of every model's score is within ± this value."),
    ] = None,
    panel: people.PanelKind = None,
    capture: people.Capture = None,
    ending: people.EndingOptions = None,
    quota: people.Quota = None,
    gate: people.GateOptions = None,
    questions: people.Questions = None,
    words: presenting.Words = None,
    enlarge: presenting.Enlarge = 1,
    pause_seconds: presenting.PauseSeconds = 0.0,
    least_seconds: presenting.LeastSeconds = 0.0,
    longest_seconds: presenting.LongestSeconds = 0.0,
    zoom: presenting.Zoom = 1,
    magnify: presenting.Magnify = None,
    amplify: presenting.Amplify = None,
    flicker: presenting.Flicker = None,
    trial_seconds: Annotated[
        float, typer.Option(min=1, max=600, help="Expected duration of a trial, in seconds.")
    ] = 5.0,
    sitting_minutes: Annotated[
        float, typer.Option(min=1, max=600, help="Longest sitting, in minutes; longer sessions are split.")
    ] = 30.0,
    break_minutes: Annotated[
        float, typer.Option(min=1, max=600, help="Longest time between two breaks, in minutes.")
    ] = 10.0,
    protocol: options.ProtocolName = protocols.DEFAULT,
    data_root: options.DataRoot = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random order and crop.")] = 0,
    test: PlannedTest = "two-way",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and what the study will find, and write nothing.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Plan a survey: its pictures, who sees what, how long it takes and how exact it will be. Nothing is scaled."""
    methods.require_known(method)
    conventions = protocols.find(protocol)
    if (run is None) == (images is None):
        raise UserError("pictures come from --run RUN or from --images DIR; give one of them")
    asked = options.split(ask) if ask else []
    checks = SCREEN_QUESTIONS if asked == ["all"] else tuple(asked)
    basis = Participation(checks, phones, keep_ip, _text(consent), redirect, stop_half)  # type: ignore[arg-type]
    participation = people.joined(basis, panel, capture, ending, quota, gate, questions)
    shown = validated(Presentation(enlarge, pause_seconds, least_seconds, longest_seconds, zoom))
    given_area, given_crops = (
        stated_area(area or WHOLE),
        chosen_crops(crops),
    )
    from srbench.survey.plan.creation import create as write
    from srbench.survey.plan.creation import draft
    from srbench.survey.plan.design import REFERENCE, Design
    from srbench.survey.stimuli import pictures
    from srbench.survey.stimuli.crops import fitting_crops
    from srbench.survey.study_folder import require_empty

    require_empty(study)
    files.require_folder(study)
    chosen = methods.find(method)
    boosting = {"magnify": magnify, "amplify": amplify, "flicker": flicker}
    _refuse_unused(chosen, method, categories=categories, pairs=pairs, display=display, ties=ties, **boosting)
    rules = _rules(chosen, screen, traps)
    design = Design(
        method=method,
        seed=seed,
        share=share,
        repeats=repeats,
        traps=traps,
        pairs=pairs or "full",
        display=display or chosen.default_display,
        categories=int(categories or 5),
        ties=ties is not False,
        trial_seconds=trial_seconds,
        sitting_minutes=sitting_minutes,
        break_minutes=break_minutes,
        screen=rules,
        presentation=shown,
    )
    if chosen.boost(design):
        boost = presenting.boosted(magnify, amplify, flicker)
        design, enlarge = replace(design, boost=boost), enlarge * boost.zoom
    if words:
        own = own_words.read(words, chosen.wording(design))
        participation = replace(participation, words=own)
    area_px = stated_area(HALF) if not area and chosen.beside(design) else given_area
    area_px = max(1, area_px[0] // enlarge), max(1, area_px[1] // enlarge)
    wanted = options.split(models) if models else []
    if run:
        sources, left_out = pictures.from_run(run, originals(run, datasets, conventions.scale, data_root), wanted)
    else:
        assert images is not None
        sources, left_out = pictures.from_folders(images, wanted)
    for line in left_out:
        console.err.print(line, soft_wrap=True, markup=False)
    if chosen.references == "none" and REFERENCE not in wanted:
        sources = [source for source in sources if not source.reference]
    sources = pictures.with_anchors(sources, chosen.anchors)
    crop_of = fitting_crops(sources, area_px, given_crops, seed)
    anchors = calibration_photographs(calibration, sources)
    if dry_run:
        planned = draft(study, title or study.name, design, raters, sources, anchors, conventions, participation)
        show_plan(planned, test, json=json, written=False)
        return
    with console.bars() as progress:
        created = write(
            study,
            title or study.name,
            design,
            raters,
            sources,
            anchors,
            conventions,
            crop_of,
            participation,
            progress,
        )
    show_plan(created, test, json=json)


def _rules(method: "TestMethod", typed: list[str] | None, traps: int) -> tuple[str, ...]:
    """Return the screening rules of the plan.

    Raises:
        UserError: The method has no such rule, or it looks at traps and there are none.
    """
    if typed is None:
        usual = (*(["traps"] if traps else []), *method.default_rules)
        return tuple(rule for rule in dict.fromkeys(usual) if traps or rule != "traps")
    rules = tuple(dict.fromkeys(rule for rule in options.split(typed) if rule != "none"))
    method.check_rules(rules)
    if "traps" in rules and not traps:
        raise UserError("--screen traps needs trap questions, and --traps is 0; give a number, or another rule")
    return rules


def _refuse_unused(method: "TestMethod", name: str, **values: str | bool | float | None) -> None:
    """Refuse options that a method does not use.

    Raises:
        UserError: One was given.
    """
    for option, value in values.items():
        if value is None or option in method.options:
            continue
        users = " or ".join(f"--method {other}" for other in methods.names() if option in methods.find(other).options)
        flag = f"no-{option}" if value is False else option
        raise UserError(f"--{flag} does nothing with --method {name}; leave it out, or ask with {users}")


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = files.absent_or(path, f"cannot be read ({first_line(error)})")
        raise UserError(f"{path} {what}; expected a text in UTF-8") from error
