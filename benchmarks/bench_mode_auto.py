"""How long `--mode auto` takes to choose, and how much faster what it chose is."""

import time
from pathlib import Path

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from srbench.core import allocator
from srbench.core.assets import AssetStore
from srbench.models.mode import Mode
from srbench.models.select import select
from srbench.speed import fastest
from srbench.speed.choices import ChoiceCache
from srbench.speed.records import PSNR_DROP_LIMIT_DB

_AIM_S = 3.0
"""Seconds for a model, once the engines are loaded, which a process does once."""


@pytest.mark.parametrize("id_", ["srresnet", pytest.param("esrgan_lite.psnr", marks=pytest.mark.extent("usual"))])
def test_choice(benchmark: BenchmarkFixture, tmp_path: Path, id_: str) -> None:
    allocator.keep_freed_memory()
    store = AssetStore()
    other, model = (select([name], 4, store).models[0] for name in ("srresnet.srbench", id_))
    fastest.choose(other, Mode("cpu"), store, ChoiceCache(tmp_path / "first"))  # loads the engines
    begun = time.perf_counter()
    choice = fastest.choose(model, Mode("cpu"), store, ChoiceCache(tmp_path / "choices"))
    seconds = time.perf_counter() - begun
    assert choice.psnr_drop is None or abs(choice.psnr_drop.worst_db) <= PSNR_DROP_LIMIT_DB
    benchmark.group = f"--mode auto, {torch.get_num_threads()} threads"
    benchmark.extra_info.update(seconds=round(seconds, 2), aim_s=_AIM_S, met=seconds <= _AIM_S, chosen=choice.reason)
    benchmark(fastest.choose, model, Mode("cpu"), store, ChoiceCache(tmp_path / "choices"))
