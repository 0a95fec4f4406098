"""What srbench saves: SRResNet on a folder of images with PSNR, SSIM and LPIPS, as a script of one's own does it.

    python -m benchmarks.by_hand IMAGES --limit 20

Network and weights are srbench's; LR is Pillow's, PSNR and SSIM are scikit-image's, LPIPS is of the package `lpips`
with the weights of AlexNet that come with srbench. It prints the means as JSON.
"""

import argparse
import contextlib
import io
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import lpips
import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from zoo.archs.srresnet import SRResNet

_SCALE = 4
_LUMA = np.array([65.481, 128.553, 24.966]) / 255


def main() -> None:
    """Upscale and measure."""
    parser = argparse.ArgumentParser("benchmarks.by_hand", description="SRResNet, measured without srbench.")
    parser.add_argument("images", type=Path, help="folder of HR images")
    parser.add_argument("--limit", type=int, default=20, help="number of images")
    wanted = parser.parse_args()
    network, distance = _network(), _lpips()
    with torch.inference_mode():
        found = [_scores(path, network, distance) for path in sorted(wanted.images.glob("*.png"))[: wanted.limit]]
    print(json.dumps(dict(zip(("psnr", "ssim", "lpips"), np.mean(found, 0).tolist(), strict=True))))


def _scores(path: Path, network: torch.nn.Module, distance: torch.nn.Module) -> tuple[float, float, float]:
    hr_image = Image.open(path).convert("RGB")
    width, height = (side // _SCALE * _SCALE for side in hr_image.size)
    hr_image = hr_image.crop((0, 0, width, height))
    lr = np.asarray(hr_image.resize((width // _SCALE, height // _SCALE), Image.Resampling.BICUBIC))
    hr = np.asarray(hr_image)
    sr = (network(_tensor(lr) / 255).clamp(0, 1) * 255).round().byte()[0].permute(1, 2, 0).numpy()
    pair = [(image @ _LUMA + 16)[_SCALE:-_SCALE, _SCALE:-_SCALE] for image in (hr, sr)]
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    psnr = peak_signal_noise_ratio(*pair, data_range=255)
    ssim = structural_similarity(*pair, data_range=255, **options)
    return psnr, ssim, float(distance(_tensor(sr) / 127.5 - 1, _tensor(hr) / 127.5 - 1))


def _tensor(image: np.ndarray[Any, Any]) -> torch.Tensor:
    return torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32))


def _network() -> torch.nn.Module:
    network = SRResNet(_SCALE).eval()
    weights = load_file(str(files("zoo") / "weights" / "srresnet_h100.safetensors"))
    network.load_state_dict({name: value.float() for name, value in weights.items()})
    return network


def _lpips() -> torch.nn.Module:
    with contextlib.redirect_stdout(io.StringIO()):
        distance: torch.nn.Module = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False).eval()
    weights = load_file(str(files("srbench.metrics") / "backbones" / "alexnet_features.safetensors"))
    for number, layer in _convolutions(distance):
        layer.load_state_dict({name: weights[f"features.{number}.{name}"].float() for name in ("weight", "bias")})
    return distance


def _convolutions(distance: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    slices = [getattr(distance.net, f"slice{number}") for number in range(1, 6)]
    for part in slices:
        yield from ((name, layer) for name, layer in part.named_children() if hasattr(layer, "weight"))


if __name__ == "__main__":
    main()
