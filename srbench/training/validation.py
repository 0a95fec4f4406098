"""Scores of a generator on the images that were held out."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor

from srbench import image
from srbench.measure import finish, show
from srbench.metrics import psnr
from srbench.pair import degrade
from srbench.protocol import Protocol
from srbench.training.samples import load
from zoo.arch import Network
from zoo.upscaler import Mode, Upscaler

(_PSNR,) = psnr.METRICS


class Validation:
    """The held-out images, in memory, as a protocol speaks of them.

    Args:
        paths: HR images.
        protocol: How LR is made and how outputs are measured.
        device: The networks' own.
    """

    def __init__(self, paths: Sequence[Path], protocol: Protocol, device: torch.device) -> None:
        self.protocol = protocol
        self.device = device
        self.names = [path.stem for path in paths]
        self._hr = [load(path, protocol.hr_multiple) for path in paths]

    def __len__(self) -> int:
        return len(self._hr)

    def psnr(self, network: Network) -> float:
        """Mean PSNR in dB under the protocol, in float32; the network's mode is left as it was."""
        values = []
        for hr, sr in zip(self._hr, self._outputs(network), strict=True):
            seen_sr, seen_hr = (show(levels.cpu(), _PSNR, self.protocol) for levels in (sr, hr))
            values.append(float(psnr.psnr(seen_sr, seen_hr)))
        return fmean(values)

    def save_images(self, network: Network, folder: Path) -> None:
        """Write each output as PNG."""
        for name, sr in zip(self.names, self._outputs(network), strict=True):
            image.write(folder / f"{name}.png", image.to_array(image.round_half_up(sr.double()).to(torch.uint8)))

    def _outputs(self, network: Network) -> list[Tensor]:
        modes = {module: module.training for module in network.modules()}
        frozen = {parameter: parameter.requires_grad for parameter in network.parameters()}
        upscale = Upscaler(network, self.protocol.scale, Mode(device=str(self.device)), colour=network.colour)
        try:
            return [finish(upscale(_unit(degrade(hr, self.protocol))), self.protocol) for hr in self._hr]
        finally:
            for module, training in modes.items():
                module.training = training
            for parameter, wanted in frozen.items():
                parameter.requires_grad_(wanted)


def _unit(levels: Tensor) -> Tensor:
    return levels / 255 if levels.dtype == torch.float64 else levels.float() / 255
