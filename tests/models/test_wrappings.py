"""The same tensors give the same network, whatever training code stores around them."""

import argparse
import collections
import io
import pathlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from srbench.core.assets import AssetStore
from srbench.errors import BadWeights, UserError
from srbench.models import checkpoint, foreign
from srbench.models.select import select_one
from zoo.archs.srvgg import SRVGGNetCompact

State = dict[str, Tensor]


class _Settings:
    """A class that no reader knows."""

    def __init__(self) -> None:
        self.values = [1, 2]


class _Trap:
    """Runs code when unpickled, as a hostile file would."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.what = (function, arguments)

    def __reduce__(self) -> Any:
        return self.what


def _network() -> SRVGGNetCompact:
    torch.manual_seed(0)
    return SRVGGNetCompact(4, convolutions=2, channels=6)


def _prefixed(prefix: str, state: State) -> State:
    return {prefix + key: value for key, value in state.items()}


def _optimizer(state: State) -> dict[str, Any]:
    moments = {at: {"step": torch.tensor(3.0), "exp_avg": value * 0} for at, value in enumerate(state.values())}
    return {"state": moments, "param_groups": [{"lr": 0.1, "params": list(moments)}]}


def _zeros(state: State) -> State:
    return {key: value * 0 for key, value in state.items()}


def _discriminator() -> State:
    return nn.Sequential(
        nn.Conv2d(3, 64, 3), nn.Conv2d(64, 64, 3), *(nn.Conv2d(64, 64, 3) for _ in range(9))
    ).state_dict()


def _recursive(state: State) -> object:
    inner: dict[str, Any] = {"net": state}
    inner["self"] = inner
    return inner


WRAPPED: dict[str, Callable[[State], object]] = {
    "plain": lambda s: s,
    "ordered": collections.OrderedDict,
    "module": lambda s: _prefixed("module.", s),
    "compiled": lambda s: _prefixed("_orig_mod.", s),
    "compiled in parallel": lambda s: _prefixed("module._orig_mod.", s),
    "compiled inside": lambda s: _prefixed("model._orig_mod.net.", s),
    "unusual prefix": lambda s: _prefixed("my_network_v2.inner.", s),
    "params": lambda s: {"params": s},
    "lightning": lambda s: {"epoch": 3, "state_dict": _prefixed("model.", s), "callbacks": {}, "loops": [1, None]},
    "unknown key": lambda s: {"weights of the run": s, "epoch": 1},
    "deep": lambda s: {"a": {"b": [{"c": ("d", {"e": s})}]}},
    "list": lambda s: [1, s],
    "optimizer": lambda s: {"optimizer": _optimizer(s), "optimizer_state_dict": _optimizer(s), "model_state": s},
    "larger optimizer": lambda s: {"optim": {"a": {f"k{i}": v for i, v in enumerate([*s.values()] * 3)}}, "m": s},
    "gan": lambda s: {"net_d": _discriminator(), "net_g": s},
    "gan, other names": lambda s: {"netD": _discriminator(), "netG": s, "optD": _optimizer(s)},
    "gan, letters": lambda s: {"D": _discriminator(), "G": s},
    "gan in one set": lambda s: {
        "state_dict": _prefixed("discriminator.", _discriminator()) | _prefixed("generator.", s),
    },
    "with a loss": lambda s: {"state_dict": _prefixed("loss.vgg.", _discriminator()) | _prefixed("net.", s)},
    "empty average": lambda s: {"params_ema": {}, "params": s},
    "decay beside": lambda s: {"ema": {"decay": torch.tensor(0.99)}, "model": s},
    "average, timm": lambda s: {"state_dict": _zeros(s), "state_dict_ema": s},
    "average, BasicSR": lambda s: {"params": _zeros(s), "params_ema": s},
    "average, dash": lambda s: {"params-ema": s, "params": _zeros(s)},
    "average, model": lambda s: {"model": _zeros(s), "model_ema": s, "epoch": 2},
    "average, net": lambda s: {"netG_EMA": s, "netG": _zeros(s)},
    "average, deep": lambda s: {"ema": {"state_dict": _prefixed("module.", s)}, "model": {"state_dict": _zeros(s)}},
    "average, swa": lambda s: {"n_averaged": torch.tensor(4), **_prefixed("module.", s)},
    "average, lucidrains": lambda s: {
        "initted": torch.tensor(True), "step": torch.tensor(7),
        **_prefixed("online_model.", _zeros(s)), **_prefixed("ema_model.", s),
    },
    "average in one set": lambda s: {"state_dict": _prefixed("net.", _zeros(s)) | _prefixed("net_ema.", s)},
    "classes": lambda s: {
        "args": argparse.Namespace(lr=1), "path": pathlib.PurePosixPath("/x"), "best": np.float64(3), "a": np.ones(3),
        "settings": _Settings(), "counts": collections.Counter("aab"), "d": collections.defaultdict(list, {"x": [1]}),
        "set": {1, 2}, "dtype": torch.float16, "device": torch.device("cpu"), "size": torch.Size([1]), "net": s,
    },
    "code": lambda s: {"net": s, "x": _Trap(open, "ran", "w"), "y": _Trap(exec, "open('ran','w')")},
    "odd tensors": lambda s: {
        "net": s, "sparse": torch.eye(3).to_sparse(), "meta": torch.empty(3, device="meta"), "none": torch.tensor(()),
        "scalar": torch.tensor(1), "complex": torch.ones(2, dtype=torch.complex64),
    },
    "parameters": lambda s: {key: nn.Parameter(value) for key, value in s.items()},
    "itself": _recursive,
}  # fmt: skip


def _check(path: Path, expected: nn.Module) -> None:
    torch.manual_seed(1)
    lr = torch.rand(1, 3, 9, 8)
    with torch.no_grad():
        assert torch.equal(foreign.from_weight_file(path, 4).upscaler()(lr), expected(lr).clamp(0, 1))


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_any_wrapping_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrap: Callable[[State], object]) -> None:
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
    content = {"net": half, "settings": _Settings()}
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
    save_file(_prefixed("module.model.", network.state_dict()), tmp_path / "net.bin")
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
    torch.save({"params": _zeros(state), "params_ema": state, "epoch": 3}, path)
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
    rebuild = _Trap(torch._utils._rebuild_tensor_v2, storage, offset, size, stride, False, {})
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
