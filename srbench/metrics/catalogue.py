"""All metrics: those of this package's modules that have `METRICS`, and those that other packages register."""

from functools import cache

from srbench.core import bibliography, plugins
from srbench.core.bibliography import Entry
from srbench.core.plugins import Plugin
from srbench.errors import NameClash, UnknownName, UserError
from srbench.metrics.metric import Metric

SHORT = ("psnr", "ssim", "lpips")
"""The names under which the protocol's own flavours appear; the default metrics of a run."""

_RESERVED = ("ssim", "lpips", "latency", "throughput", "mos")


@cache
def catalogue() -> dict[str, Metric]:
    """Every metric by its full name.

    Raises:
        NameClash: Two metrics have one name, or one has a name that stands for something else.
    """
    return plugins.by_name("metrics", [(metric.name, metric, plugin.address) for metric, plugin in _listed()])


def find(name: str) -> Metric:
    """Look up a metric by its full name in any case, "psnr", "ssim.daala" or "lpips.alex".

    Raises:
        UnknownName: No such metric.
    """
    try:
        return {known.lower(): metric for known, metric in catalogue().items()}[name.lower()]
    except KeyError:
        unknown = UnknownName.closest("metric", name, [*SHORT, *catalogue()], "srbench metrics")
        raise UnknownName(f"{unknown}{plugins.load(plugins.METRICS).hint()}") from None


def origin(metric: Metric) -> str:
    """The package that registers a metric, as in "package superres 1.2"; empty for this project's own."""
    return next(plugin.origin for other, plugin in _listed() if other is metric)


@cache
def references() -> tuple[Entry, ...]:
    """Return the publications of metrics: about their names, or what stands before a point."""
    return bibliography.beside(plugin.module for _, plugin in _listed())


@cache
def _listed() -> tuple[tuple[Metric, Plugin], ...]:
    own = plugins.walk("srbench.metrics")
    listed = []
    for plugin in (*own, *plugins.load(plugins.METRICS).plugins):
        for metric in getattr(plugin.module, "METRICS", ()):
            _check(metric, plugin)
            listed.append((metric, plugin))
    return tuple(listed)


def _check(metric: object, plugin: Plugin) -> None:
    if not isinstance(metric, Metric):
        raise UserError(
            f"METRICS of {plugin.address} holds a {type(metric).__name__}; expected srbench.metrics.metric.Metric"
        )
    if metric.name in _RESERVED:
        raise NameClash(
            f"{plugin.address} calls a metric '{metric.name}', which stands for something else in every run; "
            f"give it another name, or a flavour as in '{metric.name}.mine'"
        )
