"""`srbench run`."""

import shlex
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench import protocol as protocols
from srbench.cli import console, crews, forecast, names, options
from srbench.core.paths import weights_roots
from srbench.core.wording import counted
from srbench.errors import UserError
from srbench.evaluation import receipt as receipts
from srbench.evaluation.results import RunFolder
from srbench.models.mode import parse as parse_mode

if TYPE_CHECKING:
    from srbench.datasets.locate import ImageSet
    from srbench.evaluation.plan import Outcome, Plan
    from srbench.report.runs.publish import RunReport
    from srbench.scale.request import Request
    from srbench.scale.shares import Share

_ALL, _BUILTIN, _NONE = ["all"], ["builtin"], list[str]()
_WITHOUT_HR = ["niqe,grid"]


def run(
    models: Annotated[
        list[str],
        typer.Option(
            help="Comma-separated, or repeated: ids, globs ('esrgan*'), all, id@alpha ('esrgan@0.8': between a model "
            "and its PSNR partner), path/to/weights.pth, path/to/file.py:builder (file.py alone: its function build, "
            "or its only one), openmodeldb:ID, hf:ORG/REPO@REVISION/FILE, ntire:CLONE/TEAM. NAME=PATH gives a file a "
            "name; 'NAME=seed*.pth' makes the files one method, whose seeds count in its interval and tests."
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
    memory_mib: Annotated[
        int,
        typer.Option(
            min=0, help="Memory in MiB that a network may take before images are tiled; 0: the device's default."
        ),
    ] = 0,
    shard: Annotated[
        str,
        typer.Option(
            help="Do only share i of n, as 2/4. The shares have nothing in common, leave nothing out, and cost about "
            "the same by stored times; `srbench merge` unites them where each has a folder of its own."
        ),
    ] = "",
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            help="Processes that measure at once on this machine; each gets an equal part of the processors, and a GPU "
            "in turn.",
        ),
    ] = 1,
    executor: Annotated[
        crews.Executor,
        typer.Option(
            help="Where the workers are: processes of this machine, actors of a Ray cluster, or jobs of a Slurm array "
            "(where there is no Slurm, submitit's jobs on this machine)."
        ),
    ] = "local",
    ray_address: Annotated[
        str,
        typer.Option(help="Address of the Ray cluster, as auto or ray://head:10001; one of this machine by default."),
    ] = "",
    slurm: Annotated[
        list[str],
        typer.Option(
            help="What each job asks of Slurm, by the name that sbatch has for it: partition=gpu, time=2:00:00 (four "
            "hours by default), mem=16G, cpus-per-task=4, gpus-per-node=1. Repeat it for each."
        ),
    ] = _NONE,
    save_images: Annotated[
        bool, typer.Option("--save-images", help="Keep every output as PNG, and make sheets to compare.")
    ] = False,
    limit: options.Limit = None,
    force: Annotated[bool, typer.Option("--force", help="Measure again what the run's folder holds already.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Write summary.tex too.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Print what would run, be fetched, and take in time, memory and disk; write nothing.",
        ),
    ] = False,
    data_root: options.DataRoot = None,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    json: options.Json = False,
) -> None:
    """Run models over data sets and print a comparison table.

    Rows are stored as they are made; the same command again goes on where it stopped.
    """
    begin = time.perf_counter()
    conventions = _conventions(protocol, lr, no_hr=no_hr)
    metrics = _WITHOUT_HR if conventions.lr == "alone" and metrics == options.USUAL_METRICS else metrics
    names.refuse_unknown(models=options.split(models), datasets=options.split(datasets), metrics=options.split(metrics))
    mode, auto = options.checked_mode(mode)
    folder = RunFolder(out or Path("runs") / conventions.name)
    typed: dict[str, object] = {"models": models, "datasets": datasets, "metrics": metrics, "lr": lr, "pairs": pairs}
    typed |= {"protocol": conventions.as_dict(), "device": device, "mode": mode, "memory_mib": memory_mib}
    typed |= {"limit": limit, "data_root": data_root, "trust_unpinned": trust_unpinned}
    typed |= {"out": folder.path, "workers": workers}
    plain = not (force or dry_run or auto or save_images or shard) and receipts.is_of_known(*models, *metrics)
    receipt = receipts.of_call(folder, typed, weights_roots(weights_root)) if plain else None
    if kept := receipt.answer() if receipt else None:
        _show_kept(kept, folder, latex=latex, json=json)
        return
    from srbench.core import allocator
    from srbench.core.device import pick_device
    from srbench.evaluation import damaged_lines, kept_columns
    from srbench.scale import shares
    from srbench.scale.request import Request

    share = shares.parse(shard) if shard else None
    allocator.keep_freed_memory()
    request = Request(
        models=tuple(options.split(models)),
        datasets=tuple(options.split(datasets)),
        metrics=tuple(options.split(metrics)),
        protocol=conventions,
        mode=parse_mode(mode, str(pick_device(device)), memory_mib),
        lr=lr,
        pairs=pairs,
        limit=limit,
        data_root=data_root,
        weights_root=weights_root,
        trust_unpinned=trust_unpinned,
        save_images=save_images,
        force=force,
    )
    if dry_run:
        _show_forecast(request, folder, workers, begin, auto=auto, json=json)
        return
    folder.require_place()
    plan = _plan(request, folder, auto=auto)
    if share:
        plan = shares.shared(plan, folder, share)
    engine = crews.Engine(executor, workers, ray_address, slurm)
    outcome = _walk(plan, folder, replace(request, modes=plan.modes), engine)
    if receipt:
        receipt.write(plan, outcome)
    if share:
        _show_share(share, outcome, folder, json=json)
    else:
        _publish(plan, folder, outcome, latex=latex, json=json)
    damaged_lines.drop_measured_again(folder)
    kept_columns.keep(folder.path)
    if outcome.failed:
        raise typer.Exit(3)


def _show_forecast(
    request: "Request", folder: RunFolder, workers: int, begin: float, *, auto: bool, json: bool
) -> None:
    from srbench.core.assets import DryStore
    from srbench.evaluation.foresight import foresee

    dry = DryStore(weights_roots(request.weights_root), trust_unpinned=request.trust_unpinned)
    expected = foresee(
        request.models,
        request.datasets,
        request.metrics,
        request.protocol,
        folder,
        dry,
        partial(request.locate, store=dry),
        request.mode,
        save_images=request.save_images,
        force=request.force,
    )
    begins = time.perf_counter() - begin
    forecast.show(expected, request, str(folder.path), workers, begins, auto=auto, json=json)


def _plan(request: "Request", folder: RunFolder, *, auto: bool) -> "Plan":
    """Find models, data sets and metrics, and the modes of models where one does not serve all.

    Raises:
        UserError: Nothing can run.
    """
    store = request.store()
    with console.fetching(store):
        plan = request.plan(folder, store)
    if auto:
        choices = options.fastest(plan.models, plan.mode, store)
        reasons = [f"{model} runs in {choice.reason}" for model, choice in choices.items()]
        modes = {model: choice.mode for model, choice in choices.items()}
        plan = replace(plan, modes=modes, caveats=[*plan.caveats, *reasons])
    elif plan.mode.split:
        modes, without = options.choose_layers(plan.models, plan.mode, store)
        able = [model for model in plan.models if model.id in modes]
        plan = replace(plan, models=able, modes=modes, unavailable={**plan.unavailable, **without})
    if not plan.models and not plan.failed:
        why = "; ".join(f"{model}: {reason}" for model, reason in list(plan.unavailable.items())[:3])
        raise UserError(f"none of the models can run. {why}")
    return plan


def _publish(plan: "Plan", folder: RunFolder, outcome: "Outcome", *, latex: bool, json: bool) -> None:
    """Write tables and sheets, and print the tables."""
    from srbench.evaluation.shown import shown
    from srbench.report.runs import publish

    named = [*(model.id for model in plan.models), *(images.id for images in plan.sets)]
    notes = [*plan.caveats, *shown(folder).notes_of(named)]
    report = publish.report(folder, outcome.rows, notes, plan.unavailable, outcome.failed)
    publish.write(report, folder, latex=latex)
    if plan.save_images and plan.protocol.lr != "alone":
        _write_sheets(plan.sets, folder, outcome, plan.protocol)
    _show(report, folder, json=json)


def _show_kept(kept: receipts.Kept, folder: RunFolder, *, latex: bool, json: bool) -> None:
    """Write and print the tables of a call whose every value was there."""
    from srbench.evaluation.shown import shown
    from srbench.report.runs import publish

    _say_kept(folder, len(kept.rows), 0)
    notes = [*kept.caveats, *shown(folder).notes_of(kept.names)]
    report = publish.report(folder, kept.rows, notes, kept.unavailable)
    publish.write(report, folder, latex=latex)
    _show(report, folder, json=json)


def _say_kept(folder: RunFolder, kept: int, computed: int) -> None:
    console.err.print(
        f"{folder.path}: {counted(kept, 'stored value')} kept (--force measures them again), {computed:,} new",
        soft_wrap=True,
        markup=False,
    )


def _show_share(share: "Share", outcome: "Outcome", folder: RunFolder, *, json: bool) -> None:
    """Tell what a share did, and write the tables of what its folder holds by now."""
    from srbench.report.runs import publish

    if folder.rows():
        publish.refresh(folder)
    if json:
        console.print_json(
            {
                **{"run": str(folder.path), "share": f"{share.index}/{share.of}", "kept": outcome.kept},
                **{"computed": outcome.computed, "failed": outcome.failed},
            }
        )
    else:
        values = f"{counted(outcome.computed, 'new value')}, {outcome.kept:,} kept"
        again = f"srbench show {shlex.quote(str(folder.path))}"
        console.out.print(
            f"Share {share.index} of {share.of}: {values}; in {folder.path}; see: {again}", soft_wrap=True, markup=False
        )


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
    from srbench.report.runs import kept_sheets

    items = {(images.id, item.name): item for images in sets for item in images.items}
    originals = {place: item.hr for place, item in items.items()}
    for line in kept_sheets.write(folder, outcome.rows, originals, partial(beside_of, items, conventions)):
        console.err.print(f"left out of the sheets: {line}", soft_wrap=True, markup=False)


def _show(report: "RunReport", folder: RunFolder, *, json: bool) -> None:
    if json:
        console.print_json(report.as_dict(str(folder.path)))
        return
    console.show(report.page)
    again = f"srbench show {shlex.quote(str(folder.path))}"
    console.out.print(f"Stored: {folder.path}; again: {again}", soft_wrap=True, markup=False)


def _walk(plan: "Plan", folder: RunFolder, request: "Request", engine: crews.Engine) -> "Outcome":
    """Measure all in this process, or by the workers of an engine."""
    from srbench.evaluation import harness
    from srbench.scale import together

    try:
        with console.bars() as progress:
            if engine.is_alone:
                outcome = harness.run(plan, folder, progress)
            else:
                outcome = together.run(plan, folder, engine.workers, engine.hire(request, folder.path), progress)
    except KeyboardInterrupt:
        console.err.print(f"Stopped. What is done is kept in {folder.path}; the same command goes on from there.")
        raise typer.Exit(130) from None
    if outcome.kept:
        _say_kept(folder, outcome.kept, outcome.computed)
    return outcome
