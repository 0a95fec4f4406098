"""Outputs of every step of the pipeline on fixed inputs, and their stored hashes by version of the pipeline.

`python -m tests.evaluation.pipeline_outputs` stores the hashes of a new version; those of an old one stay.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from srbench import protocol
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.core.resize import resize
from srbench.datasets.locate import locate
from srbench.evaluation import pairing, scoring
from srbench.evaluation.pipeline import PIPELINE
from srbench.models import registry
from srbench.models.arch import Colour
from srbench.models.mode import Mode, parse
from srbench.models.upscaler import Upscaler

STORED = Path(__file__).with_name("pipeline_hashes.json")
STORE = AssetStore([])
_LATER = ("papers_x4", "luma_x2", "luma_x3")
OF_VERSION_2 = [of for name, of in protocol.PROTOCOLS.items() if name not in _LATER]
"""Protocols that were there when version 2 was hashed: another one changes no output of these."""
LOSSLESS_METRICS = ["psnr", "ssim.wang", "ssim.wang-ds", "ssim.skimage-default", "ssim.daala"]


def array(height: int, width: int, channels: int = 3) -> np.ndarray:
    """Return a picture with smooth parts and edges, the same on every machine."""
    y, x, c = np.mgrid[:height, :width, :channels]
    smooth = (7 * x + 5 * y + 31 * c + x * y // 9) % 256
    edges = 90 * ((x // 11 + y // 7) % 2)
    return ((smooth + edges) % 256).astype(np.uint8)


def _levels(height: int, width: int, channels: int = 3) -> Tensor:
    picture = array(height, width, channels)
    return image.to_tensor(picture[..., 0] if channels == 1 else picture)


def _filled(network: nn.Module) -> nn.Module:
    """Give every tensor of a network values that depend on its place alone."""
    with torch.no_grad():
        for number, value in enumerate(network.state_dict().values()):
            if value.is_floating_point():
                steps = torch.arange(value.numel(), dtype=torch.float64).reshape(value.shape)
                filled = torch.sin(steps * 1.7 + number) / max(1, value[0].numel() if value.ndim > 1 else 4)
                value.copy_(filled.abs() + 0.5 if value.ndim == 1 else filled)
    return network.eval()


def _reading() -> list[np.ndarray]:
    colour, grey = array(21, 18), array(21, 18, 1)[..., 0]
    opaque = np.dstack([colour, np.full((21, 18), 255, np.uint8)])
    pictures = {"rgb": Image.fromarray(colour), "grey": Image.fromarray(grey), "opaque": Image.fromarray(opaque)}
    pictures |= {"palette": Image.fromarray(grey).convert("P"), "bilevel": Image.fromarray(grey).convert("1", dither=0)}
    with TemporaryDirectory() as folder:
        found = []
        for name, picture in pictures.items():
            picture.save(Path(folder, f"{name}.png"))
            found.append(image.read(Path(folder, f"{name}.png")))
        return found


def _colour() -> list[Tensor]:
    levels = _levels(13, 17)
    unit = levels.double() / 255
    found = [image.luma(levels), image.grey(levels)]
    for studio in (True, False):
        found += [image.rgb_to_ycbcr(unit, studio=studio), image.ycbcr_to_rgb(unit, studio=studio)]
    return found


def _resampling() -> list[Tensor]:
    levels = _levels(24, 36)
    found = [resize(levels, size, edge=edge) for size in ((6, 9), (48, 72)) for edge in ("mirror", "replicate")]
    kernels = ("nearest", "bilinear", "lanczos")
    return [*found, resize(levels, (6, 9), round_passes=True), *(resize(levels, (48, 72), kernel=k) for k in kernels)]


def _crop() -> list[Tensor]:
    return [image.crop_to_multiple(_levels(23, 38), 12), image.crop_border(_levels(23, 38), 5)]


def _rounding() -> list[Tensor]:
    unit = torch.linspace(-0.1, 1.1, 1501, dtype=torch.float64).reshape(1, 1, 19, 79)
    protocols = (protocol.find(name) for name in ("classical_x4", "classical_x4+sr_rounding=false"))
    return [image.to_uint8(unit), image.to_uint8(unit.float()), *(scoring.quantise(unit, p) for p in protocols)]


def _pairs() -> list[Tensor]:
    found: list[Tensor] = []
    with TemporaryDirectory() as folder:
        image.write(Path(folder, "hr", "a.png"), array(50, 71))
        (item,) = locate(str(Path(folder, "hr")), STORE, scale=4).items
        for conventions in OF_VERSION_2:
            pair = pairing.load(item, conventions)
            found += [pair.lr, pair.hr]
    return found


def _exact() -> nn.Module:
    """Return a network whose sums float32 holds without rounding: all values are multiples of a power of two."""
    network = nn.Sequential(nn.Conv2d(3, 3, 7, padding=3), nn.Conv2d(3, 48, 1), nn.PixelShuffle(4))
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(((torch.arange(value.numel()) * 5 % 7 - 3) / 16).reshape(value.shape))
    return network


def _tiles() -> list[Tensor]:
    """Overlap too narrow for the network, so that place and size of each tile have a say."""
    lr = _levels(37, 45).float() / 256
    settings: list[dict[str, object]] = [{"overlap_px": 2}, {"overlap_px": 5, "multiple_of": 4}]
    modes = (Mode(), Mode(tile_px=16), Mode(self_ensemble=True))
    return [Upscaler(_exact(), 4, mode, **each)(lr) for mode in modes for each in settings]  # type: ignore[arg-type]


def _means(network: nn.Module, mode: Mode, colour: Colour = "rgb") -> Tensor:
    """Return means over blocks of an output, in which the last digits of float32 average out."""
    return avg_pool2d(Upscaler(network, 4, mode, colour=colour)(_levels(12, 16) / 255), 16)


def _folding() -> list[Tensor]:
    sizes: dict[str, dict[str, int]] = {"srresnet": {"blocks": 1, "channels": 4}, "edsr": {"blocks": 1, "channels": 4}}
    networks = [_filled(registry.archs()[name].build(scale=4, **size)) for name, size in sizes.items()]
    return [_means(network.folded(), Mode()) for network in networks]  # type: ignore[operator]


def _engines() -> list[Tensor]:
    network = _filled(registry.archs()["espcn"].build(scale=4))
    return [_means(network, parse(mode), "luma") for mode in ("fp32", "fp32+channels_last")]


def _scoring() -> list[float]:
    hr = _levels(48, 60)
    sr = (hr.int() + _levels(48, 60).flip(-1).int() // 16 - 8).clamp(0, 255).to(torch.uint8)
    found: list[float] = []
    for conventions in OF_VERSION_2:
        scorers = scoring.scorers(LOSSLESS_METRICS, conventions, STORE)
        found += scoring.measure(scoring.Views(sr, hr, conventions), scorers).values.values()
    return [round(value, 5) for value in found]


STEPS: dict[str, Callable[[], object]] = {
    "reading": _reading,
    "colour": _colour,
    "resampling": _resampling,
    "crop": _crop,
    "rounding": _rounding,
    "pairs": _pairs,
    "tiles": _tiles,
    "folding": _folding,
    "engines": _engines,
    "scoring": _scoring,
}


def hash_of(outputs: object) -> str:
    """Return the hash of what a step made; floats count to four digits, beyond which machines may differ."""
    digest = hashlib.sha256()
    for part in outputs:  # type: ignore[attr-defined]
        values = np.asarray(part)
        digest.update(f"{values.shape} {values.dtype}".encode())
        exact = np.round(values.astype(np.float64), 4) + 0.0 if values.dtype.kind == "f" else values
        digest.update(np.ascontiguousarray(exact).tobytes())
    return digest.hexdigest()[:16]


def main() -> None:
    """Store the hashes of the present version.

    Raises:
        SystemExit: The version has hashes already: a changed pipeline needs a new version.
    """
    stored = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}
    if str(PIPELINE) in stored:
        raise SystemExit(f"{STORED.name} has hashes of version {PIPELINE}; raise srbench.evaluation.pipeline.PIPELINE")
    stored[str(PIPELINE)] = {name: hash_of(step()) for name, step in STEPS.items()}
    STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
