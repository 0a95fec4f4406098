"""Validation: the PSNR of a generator on images that are held out."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor

from srbench.core import image
from srbench.degradation import sampling
from srbench.errors import Diverged
from srbench.evaluation.scoring import prepare, quantise
from srbench.metrics import psnr
from srbench.models.arch import Network
from srbench.models.mode import Mode
from srbench.models.upscaler import Upscaler
from srbench.training.image_cache import load_image
from srbench.training.recipe import Recipe

_PSNR, *_ = psnr.METRICS


class Validation:
    """The held-out images, in memory, degraded as the training images are and measured as the protocol says.

    Args:
        paths: Files of the HR images.
        recipe: The recipe, which gives the degradation (drawn once, by seed and name), the crop and the protocol.
        device: The device of the networks.

    Attributes:
        names: Names of the images.
    """

    def __init__(self, paths: Sequence[Path], recipe: Recipe, device: torch.device) -> None:
        self.protocol = recipe.conventions
        self.device = device
        self.names = [path.stem for path in paths]
        self._multiple_of = recipe.generator.multiple_of
        self._hr = [load_image(path, self.protocol.hr_multiple, recipe.data.centre_crop_px) for path in paths]
        degrade = recipe.data.degradation.apply
        generators = [sampling.image_generator(recipe.seed, name) for name in self.names]
        self._lr = [degrade(hr, self.protocol, rng)[0] for hr, rng in zip(self._hr, generators, strict=True)]

    def measure(self, network: Network, folder: Path | None = None) -> dict[str, float]:
        """Measure the mean PSNR in dB under the protocol, in float32; the network's mode is left as it was.

        Args:
            network: The generator.
            folder: Folder that each output is written to as PNG; None to write nothing.

        Returns:
            `{"psnr": mean}`; empty if no image is held out.

        Raises:
            Diverged: The generator's output has NaN or infinite values.
        """
        values = []
        for name, hr, sr in zip(self.names, self._hr, self._outputs(network), strict=True):
            measured_sr, measured_hr = (prepare(levels, _PSNR, self.protocol) for levels in (sr, hr))
            values.append(float(psnr.psnr(measured_sr, measured_hr)))
            if folder is not None:
                image.write(folder / f"{name}.png", image.to_array(image.round_half_up(sr.double()).to(torch.uint8)))
        return {"psnr": fmean(values)} if values else {}

    def _outputs(self, network: Network) -> list[Tensor]:
        modes = {module: module.training for module in network.modules()}
        gradients = {parameter: parameter.requires_grad for parameter in network.parameters()}
        mode, multiple_of = Mode(device=str(self.device)), self._multiple_of
        upscale = Upscaler(network, self.protocol.scale, mode, colour=network.colour, multiple_of=multiple_of)
        try:
            return [self._output(upscale, name, lr) for name, lr in zip(self.names, self._lr, strict=True)]
        finally:
            for module, training in modes.items():
                module.training = training
            for parameter, requires_grad in gradients.items():
                parameter.requires_grad_(requires_grad)

    def _output(self, upscale: Upscaler, name: str, lr: Tensor) -> Tensor:
        raw = upscale(lr / 255)
        problem = upscale.problem()
        if problem is not None and not problem.finite:  # rounding would turn NaN into black and give it a score
            raise Diverged(f"validation on {name}: {problem.text}; lower the learning rate, or train in fp32")
        return quantise(raw, self.protocol).cpu()
