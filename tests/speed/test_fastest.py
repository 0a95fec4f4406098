"""The fastest mode of a model, and that it is remembered."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from srbench.core import environment
from srbench.core.assets import AssetStore
from srbench.core.timing import Timing
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed import fastest, mode_search
from srbench.speed.choices import Choice, ChoiceCache
from srbench.speed.scenario import Size
from tests.speed.fake_machine import LAST, LOW, ONNX, OPENVINO, PLAIN, SPLIT, FakeMachine
from tests.speed.synthetic import drop, model, nearest, timing

STORE = AssetStore([])
MS = {PLAIN: 3.0, LAST: 1.0, LOW: 1.0, OPENVINO: 3.0, ONNX: 3.0}


def _choose(path: Path, base: Mode | None = None, id_: str = "m") -> Choice:
    return fastest.choose(model(nearest, id_), base or Mode(), STORE, ChoiceCache(path / "f.json"))


def test_a_scale_without_a_protocol_runs_in_fp32(tmp_path: Path) -> None:
    found = fastest.choose(Model("m", 7, lambda: nearest, {}), Mode(), STORE, ChoiceCache(tmp_path / "f.json"))
    assert found.mode == Mode()
    assert "no protocol tells what modes cost at scale 7" in found.reason


def test_a_choice_is_remembered_for_any_device_index_and_tiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = FakeMachine(monkeypatch, {LOW: drop(-0.4), SPLIT: drop(-0.003)}, MS)
    first = _choose(tmp_path, Mode(tile_px=64, self_ensemble=True))
    chosen = {"precision": "bf16", "channels_last": True, "split": True, "fp32_layers": ("head", "tail")}
    assert first.mode == Mode(tile_px=64, self_ensemble=True, **chosen)  # type: ignore[arg-type]
    again = _choose(tmp_path, Mode(tile_px=32))
    assert len(machine.timed) == 1
    assert again.mode == Mode(tile_px=32, **chosen)  # type: ignore[arg-type]
    assert (again.speed_up, again.psnr_drop, again.reason) == (first.speed_up, first.psnr_drop, first.reason)


def test_other_versions_or_machines_do_not_recall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = FakeMachine(monkeypatch, {LAST: drop()}, MS)
    _choose(tmp_path)
    facts = environment.describe(torch.device("cpu"))
    for changed in ({"packages": {"torch": "9.9"}}, {"machine": "another"}):
        monkeypatch.setattr(fastest.environment, "describe", lambda device, changed=changed: {**facts, **changed})
        _choose(tmp_path)
    assert len(machine.timed) == 3
    monkeypatch.setattr(fastest.environment, "describe", lambda device: facts)
    _choose(tmp_path)
    assert len(machine.timed) == 3
    content = json.loads((tmp_path / "f.json").read_text())
    assert (content["schema"], content["version"], len(content["choices"])) == ("fastest_modes", 1, 3)


def test_another_model_does_not_recall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = FakeMachine(monkeypatch, {LAST: drop()}, MS)
    for id_ in ("a", "b", "a"):
        _choose(tmp_path, id_=id_)
    assert len(machine.timed) == 2


@pytest.mark.parametrize("of", [PLAIN, LAST])
def test_timings_that_do_not_stand_are_used_but_not_remembered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, of: str
) -> None:
    machine = FakeMachine(monkeypatch, {LAST: drop()}, MS)
    machine.reasons = {of: "another program ran"}
    found = _choose(tmp_path)
    assert found.speed_up == 3.0
    assert found.reason.endswith("; not kept, since the machine was busy or slow")
    assert not (tmp_path / "f.json").exists()
    _choose(tmp_path)
    assert len(machine.timed) == 2


def test_what_was_not_tried_for_lack_of_time_is_not_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    FakeMachine(monkeypatch, {}, dict.fromkeys(MS, 300.0))
    assert _choose(tmp_path).mode == Mode()
    assert not (tmp_path / "f.json").exists()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"other": {}}', '{"schema": "fastest_modes", "version": 99}']
)
def test_a_torn_memory_is_begun_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str) -> None:
    machine = FakeMachine(monkeypatch, {LAST: drop()}, MS)
    (tmp_path / "f.json").write_text(content)
    assert _choose(tmp_path).speed_up == 3.0
    assert _choose(tmp_path).speed_up == 3.0
    assert len(machine.timed) == 1


def test_a_remembered_speed_with_another_digit_is_measured_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine = FakeMachine(monkeypatch, {LAST: drop()}, MS)
    _choose(tmp_path)
    file = tmp_path / "f.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"speed_up": 3.0', '"speed_up": 7.0'), encoding="utf-8")
    assert _choose(tmp_path).speed_up == 3.0
    assert len(machine.timed) == 2


def test_a_folder_that_cannot_be_written_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = FakeMachine(monkeypatch, {LAST: drop()}, MS)
    (tmp_path / "file").write_text("in the way")
    for _ in range(2):
        assert _choose(tmp_path / "file").speed_up == 3.0
    assert len(machine.timed) == 2


def test_a_real_machine_times_what_it_chooses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fastest, "CANDIDATES", {"cpu": (LAST,)})
    monkeypatch.setattr(mode_search, "_MOST_S", 30.0)
    monkeypatch.setattr(mode_search, "_AROUND_S", 29.0)  # a second for all, on a slow machine too
    found = fastest.choose(_exporting(), Mode(), STORE, ChoiceCache(tmp_path / "f.json"))
    assert re.search(r"times as fast( as fp32)? on 128x128 px", found.reason)
    assert (found.psnr_drop is None) == (found.mode == Mode())


class _Exporting(nn.Module):
    """A network that openvino runs, which is as fast here as a fake clock says."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 48, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.pixel_shuffle(self.layer(x), 4)


def _exporting() -> Model:
    network = _Exporting()
    return Model("m", 4, lambda: network, {"id": "m"})


def test_openvino_is_chosen_where_it_is_fastest_at_no_price(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("openvino")

    def times(upscalers: Sequence[Upscaler], size: Size, most_s: float) -> list[Timing]:
        return [timing(10.0 if upscaler.mode.engine == "openvino" else 30.0) for upscaler in upscalers]

    monkeypatch.setattr(mode_search, "_timed", times)
    monkeypatch.setattr(mode_search, "_call_ms", lambda upscaler, size, most_ms: 10.0)
    monkeypatch.setattr(fastest, "CANDIDATES", {"cpu": ("fp32+channels_last", "openvino")})
    monkeypatch.setattr(mode_search, "_MOST_S", 60)
    found = fastest.choose(_exporting(), Mode(tile_px=32), STORE, ChoiceCache(tmp_path / "f.json"))
    assert (found.mode.name, found.speed_up) == ("fp32+openvino+tile=32", 3.0)
    assert found.psnr_drop is not None
    assert abs(found.psnr_drop.worst_db) < 1e-3
    remembered = fastest.choose(_exporting(), Mode(), STORE, ChoiceCache(tmp_path / "f.json"))
    assert remembered.mode.name == "fp32+openvino"
