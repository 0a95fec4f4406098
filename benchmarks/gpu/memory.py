"""Memory of every network: what its card predicts beside the real peak, and that running out is survived."""

import argparse
import json
import sys
from pathlib import Path

import torch

from srbench.core.assets import AssetStore
from srbench.models import mode as modes
from srbench.models.memory import ran_out
from srbench.models.model import Model
from srbench.models.select import select_for_speed
from srbench.models.upscaler import Upscaler
from srbench.speed.footprint import Footprint

_HEIGHT, _WIDTH, _SMALL = 360, 640, (48, 64)
_WITHIN = 0.2
_TILED = ("srresnet.h100", "esrgan")


def main() -> int:
    """Measure and write."""
    wanted = _arguments()
    chosen = select_for_speed([wanted.models], 4, AssetStore([])).models
    height, width = (_HEIGHT, _WIDTH) if wanted.device.startswith("cuda") else _SMALL
    found: dict[str, str] = {}
    networks = [model for model in chosen if model.parameters or not model.trained]
    for model in networks:
        found[model.id] = _whole(model, wanted.device, height, width)
    for model in networks:
        if model.id in _TILED or len(networks) == 1:
            found[f"{model.id}, in tiles"] = _in_tiles(model, wanted.device, height, width)
    largest = max(chosen, key=lambda model: model.bytes_per_px)
    found["out of memory on purpose"] = _exhausted(largest, wanted.device)
    wanted.out.mkdir(parents=True, exist_ok=True)
    (wanted.out / "found.json").write_text(json.dumps(found, indent=2), encoding="utf-8")
    return 0


def _whole(model: Model, device: str, height: int, width: int) -> str:
    upscaler = model.upscaler(modes.parse("fp32", device))
    predicted = upscaler.tiling.bytes_per_px * height * width / 2**20
    return _compared(predicted, _peak_mib(upscaler, height, width))


def _in_tiles(model: Model, device: str, height: int, width: int) -> str:
    """Let an image through in tiles that may take a third of what the whole one takes."""
    bytes_per_px = model.upscaler(modes.parse("fp32", device)).tiling.bytes_per_px
    allowed = max(bytes_per_px * height * width // 3 // 2**20, 1)
    upscaler = model.upscaler(modes.parse("fp32", device, memory_mib=allowed))
    tiles, context = upscaler.tiling.side(height, width), upscaler.tiling.context_px
    sides = [min(tiles + 2 * context, side) for side in (height, width)]
    said = _compared(bytes_per_px * sides[0] * sides[1] / 2**20, _peak_mib(upscaler, height, width))
    return f"{allowed} MiB allowed, tiles of {tiles} px: {said}"


def _peak_mib(upscaler: Upscaler, height: int, width: int) -> float | None:
    lr = torch.rand(1, 3, height, width, device=upscaler.device)
    upscaler(lr)
    footprint = Footprint(upscaler.device)
    upscaler(lr)
    return footprint.peak_mib()


def _compared(predicted: float, peak: float | None) -> str:
    if peak is None:
        return "not told by this system"
    verdict = "within 20 %" if abs(predicted / max(peak, 1e-9) - 1) <= _WITHIN else "off"
    return f"predicted {predicted:.0f} MiB, peak {peak:.0f} MiB: {verdict}"


def _exhausted(model: Model, device: str) -> str:
    """Ask for more than there is, then for little: the program must go on, with the same output as before."""
    small = torch.rand(1, 3, 24, 24, device=device)
    upscaler = model.upscaler(modes.parse("fp32", device, memory_mib=2**30))
    before = upscaler(small)
    try:
        _ask_too_much(upscaler, model, device)
    except Exception as error:
        if not ran_out(error):
            raise
    else:
        return f"{model.id}: was not refused"
    same = torch.equal(upscaler(small), before)
    return f"{model.id}: refused, and the next output is {'the same' if same else 'another one'}"


def _ask_too_much(upscaler: Upscaler, model: Model, device: str) -> None:
    if not device.startswith("cuda"):  # a system without memory would kill other programs
        torch.empty(2**57, dtype=torch.uint8)
        return
    pixels = 3 * torch.cuda.get_device_properties(device).total_memory / model.bytes_per_px
    side = int(pixels**0.5)
    upscaler(torch.rand(1, 3, side, side, device=device))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks.gpu.memory", description=__doc__)
    parser.add_argument("--models", default="all")
    parser.add_argument("--device", required=True)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
