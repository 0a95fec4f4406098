"""What `srbench run --dry-run` prints."""

from typing import TYPE_CHECKING

from srbench.cli import console
from srbench.core.wording import counted

if TYPE_CHECKING:
    from srbench.evaluation.expected import Expected
    from srbench.evaluation.foresight import Forecast
    from srbench.scale.request import Request


def show(
    forecast: "Forecast", request: "Request", folder: str, workers: int, begin_s: float, *, auto: bool, json: bool
) -> None:
    """Print what a run would do, fetch and take.

    Args:
        forecast: What it would do.
        request: What was asked for.
        folder: Folder of the run.
        workers: Number of processes.
        begin_s: Seconds until the first model, which are those that it took to come here.
        auto: Whether each model runs in its fastest mode, which is found only then: costs are those of the mode beside.
        json: Whether to print JSON.
    """
    protocol, mode, expected = request.protocol.name, request.mode.name, forecast.expected
    size = sum(file.size_bytes or 0 for file in forecast.fetched)
    begins = begin_s * (1 if workers == 1 else 2)  # workers begin when the first process has
    seconds = None if expected.seconds is None else begins + expected.seconds / workers
    if json:
        console.print_json(
            {
                "dry_run": True,
                "run": folder,
                "protocol": protocol,
                "mode": mode,
                "mode_auto": auto,
                "models": forecast.models,
                "datasets": forecast.datasets,
                "kept": forecast.kept,
                "model_images": expected.images,
                "open": expected.open,
                "expected_s": seconds,
                "untimed": expected.untimed,
                "calls_alone": expected.calls_alone,
                "memory_mib": expected.memory_mib * workers,
                "disk_bytes": expected.disk_bytes,
                "fetch_bytes": size,
                "fetch": [{"file": file.path, "size_bytes": file.size_bytes} for file in forecast.fetched],
                "unavailable": [{"model": model, "reason": why} for model, why in forecast.unavailable.items()],
            }
        )
        return
    sets = [f"{name} ({'to fetch' if n is None else _images(n)})" for name, n in forecast.datasets.items()]
    chosen = f"the fastest mode of each model, told here as if it were {mode}" if auto else mode
    lines = [
        f"Would run under {protocol} in {chosen}, into {folder}; {forecast.kept} values are stored there already",
        f"models: {', '.join(forecast.models) or 'none'}",
        f"data sets: {', '.join(sets)}",
    ]
    lines += _costs(expected, seconds, workers)
    if forecast.fetched:
        lines.append(f"Would fetch {len(forecast.fetched)} files, {size / 1e6:.1f} MB:")
        lines += [f"  {file.path}" for file in forecast.fetched]
    else:
        lines.append("Would fetch nothing")
    lines += [f"not run ({why}): {model}" for model, why in forecast.unavailable.items()]
    console.out.print("\n".join([*lines, "Nothing was written."]), soft_wrap=True, markup=False)


def _costs(expected: "Expected", seconds: float | None, workers: int) -> list[str]:
    lines = [f"{counted(expected.images, 'pair')} of a model and an image at hand, {expected.open:,} to do"]
    if seconds is None:
        lines.append("time: not known, as the folder has no times of these models")
    else:
        lines.append(
            f"time: about {_time(seconds)} with {workers} process{'' if workers == 1 else 'es'}, by times of the folder"
        )
        if expected.untimed:
            lines.append(f"  and that of models without times: {', '.join(expected.untimed)}")
        if expected.calls_alone:
            lines.append(f"  without the metrics of: {', '.join(expected.calls_alone)}")
    memory = expected.memory_mib * workers
    lines.append(f"memory: about {memory / 1024:.1f} GiB; disk: about {expected.disk_bytes / 1e6:.1f} MB")
    return lines


def _time(seconds: float) -> str:
    minutes, hours = seconds / 60, seconds / 3600
    return f"{seconds:.0f} s" if seconds < 120 else f"{minutes:.0f} min" if minutes < 120 else f"{hours:.1f} h"


def _images(count: int) -> str:
    return f"{count} image{'' if count == 1 else 's'}"
