"""`srbench run`."""

import shlex
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench import protocol as protocols
from srbench.cli import console, forecast, names, options
from srbench.core.names import split_label
from srbench.core.paths import weights_roots
from srbench.core.wording import counted
from srbench.errors import UserError
from srbench.evaluation.results import RunFolder
from srbench.models.mode import parse as parse_mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.core.assets import AssetStore
    from srbench.datasets.locate import ImageSet
    from srbench.evaluation.plan import Outcome, Plan
    from srbench.models.mode import Mode
    from srbench.models.select import Selection
    from srbench.report.runs.publish import RunReport

_ALL, _BUILTIN = ["all"], ["builtin"]
_WITHOUT_HR = ["niqe,grid"]


def run(
    models: Annotated[
        list[str],
        typer.Option(
            help="Comma-separated, or repeated: ids, globs ('esrgan*'), all, id@alpha ('esrgan@0.8': between a model "
            "and its PSNR partner), path/to/weights.pth, path/to/file.py:builder (file.py alone: its function build, "
            "or its only one). NAME=PATH gives a file a name; "
            "'NAME=seed*.pth' makes the files one method, whose seeds count in its interval and tests."
        ),
    ] = _ALL,
    datasets: Annotated[
        list[str],
        typer.Option(help="Comma-separated, or repeated: ids or folders of HR images; NAME=FOLDER gives one a name."),
    ] = _BUILTIN,
    lr: Annotated[
        Path | None, typer.Option(help="Folder of given LR images, paired by name with a folder of HR.")
    ] = None,
    no_hr: Annotated[
        bool,
        typer.Option(
            "--no-hr",
            help="Upscale the images of folders as they are. They have no HR: only metrics that need none are taken, "
            "niqe and grid by default.",
        ),
    ] = False,
    pairs: options.Pairs = "",
    protocol: options.ProtocolName = protocols.DEFAULT,
    metrics: options.Metrics = options.USUAL_METRICS,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; runs/<protocol> by default.")] = None,
    device: options.Device = "auto",
    mode: options.Mode = "fp32",
    fast: Annotated[
        bool,
        typer.Option(
            "--fast",
            help="Run each model in the fastest mode that changes PSNR by at most 0.01 dB, which is measured once.",
        ),
    ] = False,
    memory_mib: Annotated[
        int,
        typer.Option(
            min=0, help="Memory in MiB that a network may take before images are tiled; 0: the device's default."
        ),
    ] = 0,
    save_images: Annotated[
        bool, typer.Option("--save-images", help="Keep every output as PNG, and make sheets to compare.")
    ] = False,
    limit: options.Limit = None,
    force: Annotated[bool, typer.Option("--force", help="Measure again what the run's folder holds already.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Write summary.tex too.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would run and what would be fetched; write nothing.")
    ] = False,
    data_root: options.DataRoot = None,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    json: options.Json = False,
) -> None:
    """Run models over data sets and print a comparison table.

    Rows are stored as they are made; the same command again goes on where it stopped.
    """
    conventions = _conventions(protocol, lr, no_hr=no_hr)
    metrics = _WITHOUT_HR if conventions.lr == "alone" and metrics == options.USUAL_METRICS else metrics
    names.refuse_unknown(models=options.split(models), datasets=options.split(datasets), metrics=options.split(metrics))
    parse_mode(mode)
    from srbench.core import allocator
    from srbench.core.assets import AssetStore, DryStore
    from srbench.core.device import pick_device
    from srbench.datasets.locate import locate
    from srbench.evaluation import caveats, damaged_lines, scoring
    from srbench.evaluation.foresight import foresee
    from srbench.evaluation.plan import Plan, names_given
    from srbench.evaluation.shown import shown
    from srbench.models import naming
    from srbench.models.select import select
    from srbench.report.runs import publish

    allocator.keep_freed_memory()
    base = parse_mode(mode, str(pick_device(device)), memory_mib)
    folder = RunFolder(out or Path("runs") / conventions.name)
    place = partial(locate, scale=conventions.scale, data_root=data_root, lr_dir=lr, limit=limit)
    if dry_run:
        dry = DryStore(weights_roots(weights_root), trust_unpinned=trust_unpinned)
        found = partial(place, store=dry, pairs=pairs)
        asked = options.split(models), options.split(datasets), options.split(metrics)
        expected = foresee(*asked, conventions, folder, dry, found)
        forecast.show(expected, conventions.name, str(folder.path), base.name, json=json)
        return
    folder.require_place()
    store = AssetStore(weights_roots(weights_root), trust_unpinned=trust_unpinned)
    with console.fetching(store):
        scorers = scoring.scorers(options.split(metrics), conventions, store)
        sets = _named(options.split(datasets), partial(place, store=store, pairs=pairs), folder)
        given = names_given(folder, "models", naming.reserved())
        selection = select(options.split(models), conventions.scale, store, given, keep_failed=True)
    selection, modes, reasons = _with_modes(selection, base, store, fast=fast)
    _check(selection)
    known_caveats = caveats.collect(selection.models, sets, conventions)
    plan = Plan(
        models=selection.models,
        sets=sets,
        protocol=conventions,
        scorers=scorers,
        mode=base,
        modes=modes,
        save_images=save_images,
        force=force,
        caveats=[*known_caveats, *reasons],
        unavailable=selection.unavailable,
        failed=selection.failed,
    )
    outcome = _walk(plan, folder)
    notes = [*plan.caveats, *shown(folder).notes_of(selection.models, sets)]
    report = publish.report(folder, outcome.rows, notes, selection.unavailable, outcome.failed)
    publish.write(report, folder, latex=latex)
    if save_images and conventions.lr != "alone":
        _write_sheets(sets, folder, outcome, conventions)
    _show(report, folder, json=json)
    damaged_lines.drop_measured_again(folder)
    if outcome.failed:
        raise typer.Exit(3)


def _with_modes(
    selection: "Selection", base: "Mode", store: "AssetStore", *, fast: bool
) -> "tuple[Selection, dict[str, Mode], list[str]]":
    """Choose modes of models where one does not serve all, with reasons; models that have none cannot run."""
    if fast:
        choices = options.fastest(selection.models, base, store)
        reasons = [f"{model} runs in {choice.reason}" for model, choice in choices.items()]
        return selection, {model: choice.mode for model, choice in choices.items()}, reasons
    if not base.split:
        return selection, {}, []
    modes, without = options.choose_layers(selection.models, base, store)
    able = [model for model in selection.models if model.id in modes]
    return replace(selection, models=able, unavailable={**selection.unavailable, **without}), modes, []


def _conventions(name: str, lr: Path | None, *, no_hr: bool) -> protocols.Protocol:
    """Return the protocol: that of given LR where there is a folder of it, or that of images without HR."""
    protocol = protocols.find(name)
    if no_hr or protocol.lr == "alone":
        if lr is not None:
            raise UserError("--no-hr takes images as they are, and --lr gives them others as LR; leave one of them out")
        return protocols.without_hr(protocol)
    if lr is not None:
        return protocols.with_given_lr(protocol)
    if protocol.lr == "given":
        raise UserError(f"{protocol.name} needs LR images; give their folder by --lr")
    return protocol


def _write_sheets(
    sets: "list[ImageSet]", folder: RunFolder, outcome: "Outcome", conventions: protocols.Protocol
) -> None:
    from srbench.evaluation.beside import beside_of
    from srbench.report.runs import publish

    items = {(images.id, item.name): item for images in sets for item in images.items}
    originals = {place: item.hr for place, item in items.items()}
    for line in publish.write_sheets(folder, outcome.rows, originals, partial(beside_of, items, conventions)):
        console.err.print(f"left out of the sheets: {line}", soft_wrap=True, markup=False)


def _show(report: "RunReport", folder: RunFolder, *, json: bool) -> None:
    if json:
        console.print_json(report.as_dict(str(folder.path)))
        return
    console.show(report.page)
    again = f"srbench show {shlex.quote(str(folder.path))}"
    console.out.print(f"Stored: {folder.path}; again: {again}", soft_wrap=True, markup=False)


def _named(datasets: list[str], locate: "Callable[[str], ImageSet]", folder: RunFolder) -> "list[ImageSet]":
    """Find data sets, and give each a name of its own in the run's folder."""
    from srbench.evaluation import set_names
    from srbench.evaluation.plan import names_given

    labelled = [split_label(typed) for typed in options.split(datasets)]
    found = [replace(locate(name), label=label) for label, name in labelled]
    return set_names.named(found, names_given(folder, "datasets", set_names.reserved()))


def _check(selection: "Selection") -> None:
    if not selection.models and not selection.failed:
        reasons = "; ".join(f"{model}: {reason}" for model, reason in list(selection.unavailable.items())[:3])
        raise UserError(f"none of the models can run. {reasons}")


def _walk(plan: "Plan", folder: RunFolder) -> "Outcome":
    from srbench.evaluation import harness

    try:
        with console.bars() as progress:
            outcome = harness.run(plan, folder, progress)
    except KeyboardInterrupt:
        console.err.print(f"Stopped. What is done is kept in {folder.path}; the same command goes on from there.")
        raise typer.Exit(130) from None
    if outcome.kept:
        console.err.print(
            f"{folder.path}: {counted(outcome.kept, 'stored value')} kept (--force measures them again), "
            f"{outcome.computed:,} new",
            soft_wrap=True,
            markup=False,
        )
    return outcome
