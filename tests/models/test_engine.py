"""What runs a network: the same function, whichever engine; and where each layer computes in what."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.nn.modules.module import register_module_forward_hook

from srbench.errors import UserError
from srbench.models import engine, foreign, onnx_network, registry
from srbench.models.arch import Network
from srbench.models.mode import Engine, Mode
from srbench.models.model import Model
from srbench.models.openvino_network import OpenVinoNetwork
from srbench.models.upscaler import Upscaler

CPU = torch.device("cpu")
SMALL = {
    "srresnet": {"blocks": 2, "channels": 8},
    "fsrcnn": {},
    "espcn": {},
    "edsr": {"blocks": 1, "channels": 8},
    "rrdb": {"blocks": 1, "channels": 8, "growth": 4},
    "srvgg": {"convolutions": 1, "channels": 8},
}


def _network(arch: str = "srresnet") -> Network:
    return registry.archs()[arch].build(scale=4, **SMALL[arch]).eval()


def _start(network: engine.Call, mode: Mode, channels: int = 3) -> engine.Call:
    return engine.start(network, mode, torch.device(mode.device), channels, 1)


def _nearest(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=4, mode="nearest")


class _Chain(nn.Module):
    """Three layers, one of them inside another module."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, 8, 3, padding=1)
        self.body = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())
        self.tail = nn.Conv2d(8, 48, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.pixel_shuffle(self.tail(self.body(self.head(x))), 4)


def _watched(network: nn.Module) -> dict[str, tuple[torch.dtype, torch.dtype]]:
    """What each convolution is given and puts out; filled by calls, of copies too."""
    seen: dict[str, tuple[torch.dtype, torch.dtype]] = {}

    def note(name: str, module: nn.Module, given: tuple[Tensor], made: Tensor) -> None:
        seen[name] = (given[0].dtype, made.dtype)

    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(partial(note, name))
    return seen


def test_named_layers_run_in_fp32_and_the_others_in_bf16() -> None:
    network = _Chain()
    seen = _watched(network)
    _start(network, Mode(precision="bf16", split=True, fp32_layers=("body.0",)))(torch.rand(1, 3, 6, 5))
    low, full = torch.bfloat16, torch.float32
    assert seen == {"head": (full, low), "body.0": (full, full), "tail": (full, low)}


def test_bf16_with_every_layer_in_fp32_is_fp32() -> None:
    network, x = _Chain(), torch.rand(1, 3, 6, 5)
    kept = _start(network, Mode(precision="bf16", split=True, fp32_layers=("head", "body.0", "tail")))
    with torch.no_grad():
        assert torch.equal(kept(x), network(x))
        assert not torch.equal(_start(network, Mode(precision="bf16"))(x).float(), network(x))


def test_keeping_layers_in_fp32_leaves_the_network_as_it_was() -> None:
    network = _Chain().train()
    modules = dict(network.named_modules())
    _start(network, Mode(precision="bf16", channels_last=True, split=True, fp32_layers=("head",)))
    assert dict(network.named_modules()) == modules
    assert network.training
    assert all(parameter.requires_grad and parameter.is_contiguous() for parameter in network.parameters())


def _built(folder: Path) -> Model:
    (folder / "net.py").write_text(
        "from torch import nn\n"
        "def build():\n    return nn.Sequential(nn.Conv2d(3, 48, 3, padding=1), nn.PixelShuffle(4))\n"
    )
    return foreign.from_source(folder / "net.py", "build", 4)


def _of_spandrel(folder: Path) -> Model:
    spandrel = pytest.importorskip("spandrel")
    network = spandrel.architectures.ESRGAN.ESRGAN(in_nc=3, num_blocks=1, scale=2, shuffle_factor=2)
    torch.save(network.state_dict(), folder / "x2.pth")
    return foreign.from_weight_file(folder / "x2.pth", 2)


@pytest.mark.parametrize("load", [_built, _of_spandrel])
def test_a_mode_of_one_upscaler_is_not_that_of_the_next(tmp_path: Path, load: Callable[[Path], Model]) -> None:
    """What one mode does to the memory of a user's network must not time the others."""
    model = load(tmp_path)
    seen: list[bool] = []

    def note(module: nn.Module, given: tuple[Tensor], made: Tensor) -> None:
        if isinstance(module, nn.Conv2d) and module.in_channels > 1 and module.kernel_size[0] > 1:
            seen.append(module.weight.is_contiguous())

    with register_module_forward_hook(note):
        plain = model.upscaler()
        model.upscaler(Mode(channels_last=True))
        plain(torch.rand(1, 3, 6, 5))
    assert seen
    assert all(seen)


def test_channels_last_is_the_format_of_inputs_and_weights() -> None:
    seen: list[bool] = []

    def note(module: nn.Module, given: tuple[Tensor], made: Tensor) -> None:
        if isinstance(module, nn.Conv2d):
            both = (given[0], module.weight)
            seen.extend(each.is_contiguous(memory_format=torch.channels_last) for each in both)

    run = _start(_Chain(), Mode(channels_last=True))
    with register_module_forward_hook(note):
        run(torch.rand(1, 3, 6, 5))
    assert seen == [True] * 6


def test_channels_last_gives_the_same_output() -> None:
    for arch in SMALL:
        network = _network(arch)
        x = torch.rand(2, 1 if network.colour == "luma" else 3, 7, 6)
        with torch.no_grad():
            expected = network(x)
            made = _start(network, Mode(channels_last=True))(x)
        assert torch.allclose(made, expected, atol=1e-5), arch


@pytest.mark.parametrize(
    ("engine", "arch"), [*(("onnx", arch) for arch in SMALL), *(("openvino", arch) for arch in ("srresnet", "fsrcnn"))]
)
def test_engines_of_exported_networks_give_the_same_output(engine: Engine, arch: str) -> None:
    pytest.importorskip("onnxruntime")
    if engine == "openvino":
        pytest.importorskip("openvino")
    network = _network(arch).folded()
    whole = Upscaler(network, 4, colour=network.colour)
    ort = Upscaler(network, 4, Mode(engine=engine), colour=network.colour)
    for size in ((1, 1), (9, 14)):
        for channels in (1, 3):
            lr = torch.rand(2, channels, *size)
            # an RGB network's answer to grey is rounded to levels
            atol = 1 / 255 + 1e-6 if channels == 1 and network.colour == "rgb" else 1e-5
            assert torch.allclose(ort(lr), whole(lr), atol=atol, rtol=0)


def test_onnxruntime_runs_a_copy_of_a_module_alone() -> None:
    pytest.importorskip("onnxruntime")
    network = _Chain()
    run = _start(network, Mode(engine="onnx"))
    lr = torch.rand(1, 3, 4, 4)
    before = run(lr)
    nn.init.zeros_(network.tail.weight)
    assert torch.equal(run(lr), before)
    with pytest.raises(UserError, match="leave out the mode 'onnx'"):
        _start(_nearest, Mode(engine="onnx"))


def test_openvino_keeps_an_output_that_a_later_call_does_not_overwrite_and_knows_the_cpu_alone() -> None:
    pytest.importorskip("openvino")
    run = _start(_Chain(), Mode(engine="openvino"))
    first = run(torch.zeros(1, 3, 4, 4))
    kept = first.clone()
    assert not torch.equal(run(torch.ones(1, 3, 4, 4)), kept)
    assert torch.equal(first, kept)
    with pytest.raises(UserError, match="the mode 'openvino' runs on the CPU, not on meta"):
        OpenVinoNetwork(b"", torch.device("meta"))


def test_a_missing_package_is_the_users_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(onnx_network.importlib, "import_module", absent)
    with pytest.raises(UserError, match="pip install"):
        _start(_Chain(), Mode(engine="onnx"))


def test_a_network_that_decides_by_its_input_is_no_onnx() -> None:
    pytest.importorskip("onnxruntime")

    class Moody(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return _nearest(x) if x.shape[-1] == 10 else _nearest(x) / 2

    with pytest.raises(UserError, match="decides by its input's values or size"):
        _start(Moody(), Mode(engine="onnx"))


def test_layers_of_a_function_cannot_be_kept_in_fp32() -> None:
    with pytest.raises(UserError, match="leave out 'split'"):
        _start(_nearest, Mode(precision="bf16", split=True, fp32_layers=("head",)))


def test_tf32_needs_a_gpu() -> None:
    with pytest.raises(UserError, match="leave out 'tf32' on cpu"):
        _start(_network(), Mode(tf32=True))


def test_graphs_need_a_gpu() -> None:
    with pytest.raises(UserError, match="leave out the mode 'graph' on cpu"):
        _start(_network(), Mode(engine="graph"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("c++") is None, reason="needs a C++ compiler")
def test_a_compiled_network_gives_the_same_output() -> None:
    network = _network()
    compiled = _start(network, Mode(engine="compile"))
    with torch.no_grad():
        for size in ((6, 5), (9, 7)):
            x = torch.rand(1, 3, *size)
            assert torch.allclose(compiled(x), network(x), atol=1e-5)


@pytest.mark.gpu
@torch.no_grad()
def test_a_graph_for_each_shape_and_no_call_overwrites_another() -> None:
    network = _network("rrdb").cuda()
    run = _start(network, Mode("cuda", engine="graph"))
    inputs = [torch.rand(n, 3, *size, device="cuda") for n, size in ((1, (8, 8)), (2, (5, 9)), (1, (16, 4)))]
    inputs += [torch.rand_like(x) for x in inputs] + inputs
    outputs = [run(x) for x in inputs]
    for x, made in zip(inputs, outputs, strict=True):
        assert torch.allclose(made, network(x), atol=1e-4)


@pytest.mark.gpu
@pytest.mark.parametrize("words", [{}, {"precision": "fp16", "split": True, "fp32_layers": ("conv_first",)}])
@torch.no_grad()
def test_a_graph_replays_what_the_mode_says(words: dict[str, object]) -> None:
    network = _network("rrdb").cuda()
    eager = _start(network, Mode("cuda", **words))  # type: ignore[arg-type]
    graph = _start(network, Mode("cuda", engine="graph", **words))  # type: ignore[arg-type]
    for _ in range(2):
        x = torch.rand(1, 3, 12, 10, device="cuda")
        assert torch.allclose(graph(x), eager(x), atol=1e-3)
    assert not torch.equal(graph(x), graph(x * 0.5))


@pytest.mark.gpu
def test_an_upscaler_on_a_gpu_gives_what_it_gives_on_the_cpu() -> None:
    network, lr = _network(), torch.rand(1, 3, 9, 6)
    expected = Upscaler(network, 4)(lr)
    for mode in (Mode("cuda"), Mode("cuda", channels_last=True), Mode("cuda", engine="graph")):
        assert torch.allclose(Upscaler(network, 4, mode)(lr).cpu(), expected, atol=1e-4)
