import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import torch
from safetensors.torch import load_file, save_file

from srbench.core.assets import AssetStore, PinnedFile
from srbench.core.download import sha256
from srbench.errors import BadWeights
from srbench.models import checkpoint, model, registry, unwrapping
from zoo.archs.srvgg import SRVGGNetCompact
from zoo.archs.vdsr import VDSR


class _Trap:
    """Runs code when unpickled, as a hostile file would."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (open, ("unpickled", "w"))


def test_code_in_a_file_does_not_run_and_its_tensors_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": {"a": torch.zeros(1)}, "extra": _Trap()}, tmp_path / "trap.pth")
    assert checkpoint.read([tmp_path / "trap.pth"]).state.keys() == {"a"}
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize("wrap", [None, "params", "params_ema", "state_dict", "model"])
def test_wrapped_and_parallel_state_dicts_are_unwrapped(tmp_path: Path, wrap: str | None) -> None:
    bare = {"module.a": torch.ones(2)}
    torch.save({wrap: bare, "epoch": 3} if wrap else bare, tmp_path / "w.pth")
    *_, state = unwrapping.stripped(checkpoint.read([tmp_path / "w.pth"]).state)
    assert torch.equal(state["a"], torch.ones(2))


def test_the_running_average_is_preferred(tmp_path: Path) -> None:
    torch.save({"params": {"a": torch.zeros(1)}, "params_ema": {"a": torch.ones(1)}}, tmp_path / "w.pth")
    assert checkpoint.read([tmp_path / "w.pth"]).state["a"].item() == 1


@pytest.mark.parametrize("name", ["cut.pth", "cut.safetensors", "cut.mat", "cut.param"])
def test_damaged_files_are_one_clear_line(tmp_path: Path, name: str) -> None:
    save_file({"a": torch.zeros(1000)}, tmp_path / "whole.safetensors")
    (tmp_path / name).write_bytes((tmp_path / "whole.safetensors").read_bytes()[:300])
    with pytest.raises(BadWeights, match=name) as caught:
        checkpoint.read([tmp_path / name])
    assert "\n" not in str(caught.value)


def test_a_web_page_in_place_of_weights_is_not_called_hostile(tmp_path: Path) -> None:
    (tmp_path / "page.pth").write_text("<html>not found</html>")
    with pytest.raises(BadWeights, match="is a web page"):
        checkpoint.read([tmp_path / "page.pth"])


def test_a_file_without_tensors_is_refused(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "w.pth")
    with pytest.raises(BadWeights, match="holds no tensors"):
        checkpoint.read([tmp_path / "w.pth"])


def _write_ncnn(network: SRVGGNetCompact, folder: Path) -> list[Path]:
    """The layout that SRVGG files of the ncnn ports have: fp16 weights with a tag, float32 biases and slopes."""
    lines, data = ["7767517", "0 0", "Input input 0 1 data"], b""
    for layer in network.body:
        if isinstance(layer, torch.nn.PReLU):
            lines.append(f"PReLU p 1 1 a b 0={layer.num_parameters}")
            data += layer.weight.detach().numpy().tobytes()
            continue
        weight = layer.weight.detach().half().numpy()
        lines.append(f"Convolution c 1 1 a b 0={weight.shape[0]} 1=3 4=1 5=1 6={weight.size} -23310=1,2.0e-01")
        body = weight.tobytes()
        data += struct.pack("<I", 0x01306B47) + body + b"\0" * (-len(body) % 4) + layer.bias.detach().numpy().tobytes()
    (folder / "net.param").write_text("\n".join(lines))
    (folder / "net.bin").write_bytes(data)
    return [folder / "net.param", folder / "net.bin"]


def test_ncnn_files_load_in_graph_order(tmp_path: Path) -> None:
    source = SRVGGNetCompact(4, convolutions=1, channels=5)
    paths = _write_ncnn(source, tmp_path)
    copy = SRVGGNetCompact(4, convolutions=1, channels=5)
    model.load(copy, registry.archs()["srvgg"], checkpoint.read(paths, pinned=True), paths[0])
    for ours, theirs in zip(source.parameters(), copy.parameters(), strict=True):
        assert torch.equal(ours.half().float() if ours.ndim == 4 else ours, theirs)


def test_an_ncnn_pair_that_does_not_belong_together_is_noticed(tmp_path: Path) -> None:
    paths = _write_ncnn(SRVGGNetCompact(4, convolutions=1, channels=4), tmp_path)
    paths[1].write_bytes(paths[1].read_bytes() + b"\0\0\0\0")
    with pytest.raises(BadWeights, match="Are they a pair"):
        checkpoint.read(paths, pinned=True)


def test_matlab_files_load_in_order_with_the_last_dimension_restored(tmp_path: Path) -> None:
    source = VDSR(4, layers=3, channels=4)
    cells = [np.empty((1, 3), dtype=object) for _ in range(2)]
    for i, conv in enumerate(source.convs):
        weight = conv.weight.detach().numpy().transpose(2, 3, 1, 0)
        cells[0][0, i] = weight[..., 0] if weight.shape[-1] == 1 else weight
        cells[1][0, i] = conv.bias.detach().numpy()[:, None]
    scipy.io.savemat(tmp_path / "v.mat", {"model": {"weight": cells[0], "bias": cells[1]}})
    copy = VDSR(4, layers=3, channels=4)
    model.load(copy, registry.archs()["vdsr"], checkpoint.read([tmp_path / "v.mat"], pinned=True), tmp_path / "v.mat")
    lr = torch.rand(1, 1, 5, 5)
    assert torch.equal(source(lr), copy(lr))


def test_missing_surplus_and_misshapen_keys_are_named(tmp_path: Path) -> None:
    arch = registry.archs()["fsrcnn"]
    network = arch.build(scale=4)
    state = network.state_dict()
    del state["deconv.bias"]
    state["extra"] = torch.zeros(1)
    state["features.0.weight"] = torch.zeros(56, 3, 5, 5)
    with pytest.raises(BadWeights, match=r"1 missing keys.*1 surplus keys.*features\.0\.weight is") as caught:
        model.load(network, arch, checkpoint.Checkpoint(state), tmp_path / "w.pth")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_the_hash_is_of_the_bytes_that_were_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Whoever trains on writes the file anew while it is read."""
    path = tmp_path / f"w{ending}"
    state = {"a": torch.zeros(3)}
    save_file(state, path) if ending == ".safetensors" else torch.save(state, path)
    expected = sha256(path)
    find = unwrapping.find

    def overwriting(*arguments: Any) -> Any:
        path.write_bytes(b"another")
        return find(*arguments)

    monkeypatch.setattr(unwrapping, "find", overwriting)
    stored = checkpoint.read([path])
    assert stored.state["a"].tolist() == [0, 0, 0]
    assert stored.hashes == {path.name: expected}


def test_weights_of_a_card_that_changed_since_they_were_checked_are_not_loaded(tmp_path: Path) -> None:
    card = registry.find("esrgan_lite.textured")
    path = tmp_path / "w.safetensors"
    path.write_bytes(AssetStore([]).fetch(PinnedFile(card.files[0].path, card.files[0].sha256)).read_bytes())
    found = model.from_card(card, 4, [path])
    found.make()
    state = load_file(path)
    save_file({name: tensor + 0.01 for name, tensor in state.items()}, path)
    with pytest.raises(BadWeights, match="changed while it was in use"):
        found.make()


def test_the_list_of_records_is_read_once_whatever_the_number_of_tensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({str(number): torch.tensor([float(number)]) for number in range(9)}, tmp_path / "w.pth")
    opened = []
    monkeypatch.setattr(zipfile, "ZipFile", lambda file, archive=zipfile.ZipFile: opened.append(1) or archive(file))
    assert checkpoint.read([tmp_path / "w.pth"]).state["8"].item() == 8
    assert len(opened) == 1
