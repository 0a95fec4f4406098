"""Should reading, LR making and metrics run beside the network? Decided here, on this machine, not by taste.

Three walks over the same images in turns: one thing after another; the next image read by a second thread; and metrics
in a second thread too. Whatever wins must also leave the model's own time alone, which a run reports.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.conftest import Beside
from benchmarks.extent import TimeLeft
from srbench import protocol
from srbench.core import allocator
from srbench.core.assets import AssetStore
from srbench.core.timing import once
from srbench.datasets.dataset import Item
from srbench.datasets.locate import locate
from srbench.evaluation import pairing, scoring
from srbench.evaluation.pairing import Pair
from srbench.evaluation.scoring import Scorer
from srbench.models.select import select
from srbench.models.upscaler import Upscaler

_CONVENTIONS = protocol.find(protocol.DEFAULT)
_IMAGES = {"once": 2, "quick": 2, "usual": 4, "whole": 8}
_CPU = torch.device("cpu")
_LATER = {"fsrcnn": "usual", "srresnet": "whole"}
"""Models and the least extent that has them; srresnet takes minutes."""


class Walks:
    """Ways to take the same images through a model.

    Args:
        upscaler: The model.
        items: The images.
        scorers: Metrics.
    """

    def __init__(self, upscaler: Upscaler, items: Sequence[Item], scorers: list[Scorer]) -> None:
        self.upscaler, self.items, self.scorers = upscaler, items, scorers
        self.model_ms: dict[str, list[float]] = {
            "one after another": [],
            "reading ahead": [],
            "reading and metrics": [],
        }

    def one_after_another(self) -> list[float]:
        return [self._score(*self._upscale(self._load(item), "one after another")) for item in self.items]

    def reading_ahead(self) -> list[float]:
        with ThreadPoolExecutor(1) as beside:
            coming = [beside.submit(self._load, item) for item in self.items]
            return [self._score(*self._upscale(each.result(), "reading ahead")) for each in coming]

    def reading_and_metrics(self) -> list[float]:
        with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as scorer:
            coming = [reader.submit(self._load, item) for item in self.items]
            scored = [
                scorer.submit(self._score, *self._upscale(each.result(), "reading and metrics")) for each in coming
            ]
            return [each.result() for each in scored]

    def _load(self, item: Item) -> Pair:
        return pairing.load(item, _CONVENTIONS)

    def _upscale(self, images: Pair, walk: str) -> tuple[torch.Tensor, torch.Tensor]:
        raw, ms = once(lambda: self.upscaler(images.lr / 255), _CPU)
        self.model_ms[walk].append(ms)
        return raw, images.hr

    def _score(self, raw: torch.Tensor, hr: torch.Tensor) -> float:
        views = scoring.Views(scoring.quantise(raw, _CONVENTIONS), hr, _CONVENTIONS)
        return scoring.measure(views, self.scorers).values["ssim"]


@pytest.mark.parametrize(
    "model", ["bicubic", *(pytest.param(name, marks=pytest.mark.extent(least)) for name, least in _LATER.items())]
)
def test_overlap(
    benchmark: BenchmarkFixture, beside: Beside, model: str, fsrcnn: str, dataset: str, time_left: TimeLeft
) -> None:
    allocator.keep_freed_memory()
    store = AssetStore()
    name = fsrcnn if model == "fsrcnn" else model
    upscaler = select([name], _CONVENTIONS.scale, store).models[0].upscaler()
    items = locate(dataset, store, scale=_CONVENTIONS.scale, limit=_IMAGES[time_left.extent]).items
    walks = Walks(upscaler, items, scoring.scorers(["psnr", "ssim"], _CONVENTIONS, store))
    benchmark.group = f"walks of {model} over {len(items)} images of {dataset}, {torch.get_num_threads()} threads"
    values = benchmark.pedantic(walks.one_after_another, rounds=1)
    assert values == walks.reading_ahead() == walks.reading_and_metrics()
    others: dict[str, Callable[[], object]] = {
        "reading ahead": walks.reading_ahead,
        "reading and metrics": walks.reading_and_metrics,
    }
    beside(walks.one_after_another, others)
    for walk, ms in walks.model_ms.items():
        benchmark.extra_info[f"model's own ms, {walk}"] = round(float(torch.tensor(ms).median()), 2)
