"""What `srbench run --dry-run` prints."""

from typing import TYPE_CHECKING

from srbench.cli import console

if TYPE_CHECKING:
    from srbench.evaluation.foresight import Forecast


def show(forecast: "Forecast", protocol: str, folder: str, mode: str, *, json: bool) -> None:
    """Print what a run would do and fetch."""
    size = sum(file.size_bytes or 0 for file in forecast.fetched)
    if json:
        console.print_json(
            {
                "dry_run": True,
                "run": folder,
                "protocol": protocol,
                "mode": mode,
                "models": forecast.models,
                "datasets": forecast.datasets,
                "kept": forecast.kept,
                "fetch": [{"file": file.path, "size_bytes": file.size_bytes} for file in forecast.fetched],
                "unavailable": [{"model": model, "reason": why} for model, why in forecast.unavailable.items()],
            }
        )
        return
    sets = [f"{name} ({'to fetch' if n is None else _images(n)})" for name, n in forecast.datasets.items()]
    lines = [
        f"Would run under {protocol} in {mode}, into {folder}; {forecast.kept} values are stored there already",
        f"models: {', '.join(forecast.models) or 'none'}",
        f"data sets: {', '.join(sets)}",
    ]
    if forecast.fetched:
        lines.append(f"Would fetch {len(forecast.fetched)} files, {size / 1e6:.1f} MB:")
        lines += [f"  {file.path}" for file in forecast.fetched]
    else:
        lines.append("Would fetch nothing")
    lines += [f"not run ({why}): {model}" for model, why in forecast.unavailable.items()]
    console.out.print("\n".join([*lines, "Nothing was written."]), soft_wrap=True, markup=False)


def _images(count: int) -> str:
    return f"{count} image{'' if count == 1 else 's'}"
