"""All metrics: every module of this package that has `METRICS` adds its own."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from srbench.errors import UnknownName
from srbench.metrics.metric import Metric

SHORT = ("psnr", "ssim", "lpips")
"""The names under which the protocol's own flavours appear; the default metrics of a run."""


@cache
def catalogue() -> dict[str, Metric]:
    """Every metric by its full name."""
    here = str(Path(__file__).parent)
    modules = (importlib.import_module(f"srbench.metrics.{info.name}") for info in pkgutil.iter_modules([here]))
    found = [metric for module in modules for metric in getattr(module, "METRICS", ())]
    return {metric.name: metric for metric in found}


def find(name: str) -> Metric:
    """Look up a metric by its full name, "psnr", "ssim.daala" or "lpips.alex".

    Raises:
        UnknownName: No such metric.
    """
    try:
        return catalogue()[name]
    except KeyError:
        raise UnknownName.closest("metric", name, [*SHORT, *catalogue()], "srbench metrics") from None
