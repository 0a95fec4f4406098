"""The same tensors give the same network, whatever training code stores around them."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from srbench.core.assets import AssetStore
from srbench.errors import BadWeights, UserError
from srbench.models import checkpoint, foreign
from srbench.models.select import select_one
from tests.models.wrappings import WRAPPED, Settings, Trap, prefixed, zeros
from zoo.archs.srvgg import SRVGGNetCompact


def _network() -> SRVGGNetCompact:
    torch.manual_seed(0)
    return SRVGGNetCompact(4, convolutions=2, channels=6)


def _check(path: Path, expected: nn.Module) -> None:
    torch.manual_seed(1)
    lr = torch.rand(1, 3, 9, 8)
    with torch.no_grad():
        assert torch.equal(foreign.from_weight_file(path, 4).upscaler()(lr), expected(lr).clamp(0, 1))


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_any_wrapping_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrap: Callable[[dict[str, Tensor]], object]
) -> None:
    monkeypatch.chdir(tmp_path)
    network = _network()
    torch.save(wrap(network.state_dict()), "net.tar")
    _check(Path("net.tar"), network)
    assert not Path("ran").exists()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("new", [False, True])
def test_each_version_of_the_format_is_read(tmp_path: Path, protocol: int, new: bool) -> None:
    network = _network()
    half = {key: value.double() for key, value in network.state_dict().items()}
    content = {"net": half, "settings": Settings()}
    torch.save(content, tmp_path / "net", pickle_protocol=protocol, _use_new_zipfile_serialization=new)
    _check(tmp_path / "net", network)


def test_a_network_that_was_stored_whole_is_read(tmp_path: Path) -> None:
    network = _network()
    torch.save({"epoch": 1, "model": network}, tmp_path / "whole.pth")
    _check(tmp_path / "whole.pth", network)
    torch.save(nn.DataParallel(network), tmp_path / "parallel.pth")
    _check(tmp_path / "parallel.pth", network)


@pytest.mark.filterwarnings("ignore")
def test_tensors_of_torchscript_are_read_and_it_is_not_run(tmp_path: Path) -> None:
    network = _network().eval()
    torch.jit.trace(network, torch.rand(1, 3, 8, 8)).save(str(tmp_path / "traced.pt"))
    _check(tmp_path / "traced.pt", network)


def test_safetensors_under_any_name_and_prefix_are_read(tmp_path: Path) -> None:
    network = _network()
    save_file(prefixed("module.model.", network.state_dict()), tmp_path / "net.bin")
    _check(tmp_path / "net.bin", network)


def test_views_and_shared_numbers_are_read(tmp_path: Path) -> None:
    network = _network()
    everything = torch.cat([value.flatten() for value in network.state_dict().values()])
    views, at = {}, 0
    for key, value in network.state_dict().items():
        views[key] = everything[at : at + value.numel()].view(value.shape)
        at += value.numel()
    views = {
        key: value.permute(1, 0, 2, 3).contiguous().permute(1, 0, 2, 3) if value.ndim == 4 else value
        for key, value in views.items()
    }
    torch.save(views, tmp_path / "net.pth")
    _check(tmp_path / "net.pth", network)


def test_the_set_that_was_taken_is_said_and_another_can_be_chosen(tmp_path: Path) -> None:
    network = _network()
    state = network.state_dict()
    path = tmp_path / "net.pth"
    torch.save({"params": zeros(state), "params_ema": state, "epoch": 3}, path)
    average = foreign.from_weight_file(path, 4)
    assert "'params_ema' taken, beside 'params'" in average.origin
    raw, named = (select_one(f"{path}#{name}", AssetStore([]), 4) for name in ("params", "params_ema"))
    assert len({model.fingerprint for model in (average, raw)}) == 2
    assert raw.id.endswith("net#params")
    assert average.id == "net"
    assert not any(value.any() for value in raw.make().state_dict().values())  # type: ignore[attr-defined]
    assert torch.equal(named.make().state_dict()["body.0.weight"], state["body.0.weight"])  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="no set of tensors 'weights'; it has 'params_ema', 'params'"):
        select_one(f"{path}#weights", AssetStore([]), 4)
    torch.save({"net": state}, path)
    assert foreign.from_weight_file(path, 4).origin == str(path)


def test_a_set_for_training_is_found_where_it_is_named(tmp_path: Path) -> None:
    state = _network().state_dict()
    torch.save({"discriminator": state, "generator": zeros(state)}, tmp_path / "gan.pth")
    chosen = checkpoint.read([tmp_path / "gan.pth"], "discriminator").state
    assert torch.equal(chosen["body.0.weight"], state["body.0.weight"])
    with pytest.raises(BadWeights, match="it has 'generator', 'discriminator'"):
        checkpoint.read([tmp_path / "gan.pth"], "none")


def test_each_bit_of_a_torch_file_is_checked(tmp_path: Path) -> None:
    torch.save(_network().state_dict(), tmp_path / "net.pth")
    data = bytearray((tmp_path / "net.pth").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "net.pth").write_bytes(data)
    with pytest.raises(BadWeights, match=r"is damaged \(Bad CRC"):
        checkpoint.read([tmp_path / "net.pth"])


def _weird(offset: Any = 0, size: Any = (2,), stride: Any = (1,)) -> bytes:
    """A torch file of the old format whose tensor claims more than there is."""
    storage = type("S", (), {})()

    class _Pickler(pickle.Pickler):
        def persistent_id(self, value: object) -> object:
            return ("storage", torch.FloatStorage, "0", "cpu", 2, None) if value is storage else None

    file = io.BytesIO()
    for head in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(head, file, protocol=2)
    rebuild = Trap(torch._utils._rebuild_tensor_v2, storage, offset, size, stride, False, {})
    _Pickler(file, protocol=2).dump({"a": rebuild})
    pickle.dump(["0"], file, protocol=2)
    file.write((2).to_bytes(8, "little") + bytes(8))
    return file.getvalue()


@pytest.mark.parametrize(
    "claim",
    [{"offset": 2**40}, {"offset": -1}, {"size": (2**40,)}, {"size": (-3,)}, {"stride": (2**50,)}, {"stride": (-1,)},
     {"size": (3, 3)}, {"size": "ab"}, {"size": (1.5,)}, {"stride": ()}],
    ids=str,
)  # fmt: skip
def test_tensors_that_claim_more_than_there_is_are_refused(tmp_path: Path, claim: dict[str, Any]) -> None:
    (tmp_path / "net.pth").write_bytes(_weird())
    assert checkpoint.read([tmp_path / "net.pth"]).state["a"].shape == (2,)
    (tmp_path / "net.pth").write_bytes(_weird(**claim))
    with pytest.raises(BadWeights) as caught:
        checkpoint.read([tmp_path / "net.pth"])
    assert "\n" not in str(caught.value)


OTHER_FILES = {
    "model.onnx": (b"\x08\x07\x12\x07pytorch", "is an ONNX file.*exported from"),
    "renamed.pth": (b"\x08\x07\x12\x07pytorch", "is an ONNX file"),
    "keras.h5": (b"\x89HDF\r\n", "is an HDF5 file"),
    "page.pth": (b"<html>not found</html>", "is a web page"),
    "array.npy": (b"\x93NUMPY", "is a NumPy array"),
    "lfs.pth": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    "empty.pth": (b"", "is empty"),
    "text.pth": (b"hello", "no torch file and no safetensors"),
    "packed.gz": (b"\x1f\x8b\x08", "unpack it first"),
    "vdsr.mat": (b"MATLAB 5.0 MAT-file" + bytes(200), "a MATLAB file, and no card has its hash"),
    "renamed.bin": (b"MATLAB 5.0 MAT-file" + bytes(200), "a MATLAB file, and no card has its hash"),
    "net.param": (b"7767517\n3 3\n", "an ncnn file, and no card has its hash"),
    "cut.pth": (b"PK\x03\x04", "damaged|complete"),
    "pickle.pth": (pickle.dumps({"a": 1}), "complete"),
}


@pytest.mark.parametrize(("name", "content", "text"), [(n, *c) for n, c in OTHER_FILES.items()], ids=OTHER_FILES)
def test_a_file_that_exists_is_called_what_it_is(tmp_path: Path, name: str, content: bytes, text: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadWeights, match=text) as caught:
        select_one(str(tmp_path / name), AssetStore([]), 4)
    assert "\n" not in str(caught.value)


def test_an_unknown_network_leads_to_a_python_file(tmp_path: Path) -> None:
    torch.save({"layer.weight": torch.zeros(3, 3)}, tmp_path / "net.pth")
    with pytest.raises(BadWeights, match=r"neither here nor to spandrel.*model\.py:build"):
        foreign.from_weight_file(tmp_path / "net.pth", 4)
