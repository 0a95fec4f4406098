"""Phase congruency of an image by log-Gabor filters, which FSIM compares."""

import math

import torch
from torch import Tensor

_SCALES, _ORIENTATIONS = 4, 4
_SHORTEST_PX, _STEP, _SIGMA_ON_F, _THETA_ON_SIGMA = 6.0, 2.0, 0.55, 1.2
_NOISE_SIGMAS, _NOISE_SCALE, _EPSILON = 2.0, 1.7, 1e-4
_CUTOFF, _SHARPNESS = 0.45, 15


def phase_congruency(planes: Tensor) -> Tensor:
    """Compute the phase congruency of each pixel.

    Args:
        planes: float64 `(N, H, W)`, levels 0..255.

    Returns:
        float64 `(N, H, W)`, 0 to 1; 0 where the image is flat.

    Source:
        Kovesi, Image features from phase congruency, Videre 1(3), 1999, eqs. 14 to 20, with the settings that Zhang et
        al., FSIM, IEEE TIP 20(8), 2011, use: 4 scales from 6 px in octaves, 4 orientations.
    """
    radial, angular = _filters(planes.shape[-2], planes.shape[-1], planes.device)
    spectrum = torch.fft.fft2(planes)
    energy, amplitude = torch.zeros_like(planes), torch.zeros_like(planes)
    for spread in angular:
        bank = radial * spread  # (scales, H, W)
        responses = torch.fft.ifft2(spectrum[:, None] * bank)  # (N, scales, H, W)
        of_orientation = _energy(responses) - _noise(responses, bank)
        energy += of_orientation.clamp(min=0)
        amplitude += responses.abs().sum(1)
    return torch.where(amplitude > 0, energy / amplitude.clamp(min=1e-300), amplitude)


def _energy(responses: Tensor) -> Tensor:
    """Sum over the scales of what lies along the mean phase, less what lies across it."""
    even, odd = responses.real, responses.imag
    sum_even, sum_odd = even.sum(1, keepdim=True), odd.sum(1, keepdim=True)
    length = (sum_even**2 + sum_odd**2).sqrt() + _EPSILON
    mean_even, mean_odd = sum_even / length, sum_odd / length
    return (even * mean_even + odd * mean_odd - (even * mean_odd - odd * mean_even).abs()).sum(1)


def _noise(responses: Tensor, bank: Tensor) -> Tensor:
    """Return the energy that noise alone would have, from the median response of the finest filter. `(N, 1, 1)`."""
    squared = responses[:, 0].abs().square().flatten(1).sort(1).values
    count = squared.shape[1]
    median = (squared[:, (count - 1) // 2] + squared[:, count // 2]) / 2
    power = median / math.log(2) / bank[0].square().sum()
    kernels = torch.fft.ifft2(bank).real * math.sqrt(bank.shape[-1] * bank.shape[-2])
    alone = kernels.square().sum()
    crossed = (kernels.sum(0).square().sum() - alone) / 2
    tau = ((2 * power * alone + 4 * power * crossed) / 2).clamp(min=0).sqrt()
    threshold = tau * math.sqrt(math.pi / 2) + _NOISE_SIGMAS * math.sqrt(2 - math.pi / 2) * tau
    return (threshold / _NOISE_SCALE)[:, None, None]


def _filters(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the radial parts `(scales, H, W)` and the angular parts `(orientations, H, W)` of the filters."""
    y, x = torch.meshgrid(_frequencies(height, device), _frequencies(width, device), indexing="ij")
    radius, theta = torch.hypot(x, y), torch.atan2(-y, x)
    low_pass = 1 / (1 + (radius / _CUTOFF) ** (2 * _SHARPNESS))
    radius[0, 0] = 1
    centres = [1 / (_SHORTEST_PX * _STEP**scale) for scale in range(_SCALES)]
    radial = torch.stack(
        [torch.exp(-(torch.log(radius / f) ** 2) / (2 * math.log(_SIGMA_ON_F) ** 2)) * low_pass for f in centres]
    )
    radial[:, 0, 0] = 0
    sigma = math.pi / _ORIENTATIONS / _THETA_ON_SIGMA
    angles = torch.arange(_ORIENTATIONS, dtype=torch.float64, device=device) * math.pi / _ORIENTATIONS
    distance = theta - angles[:, None, None]
    distance = torch.atan2(distance.sin(), distance.cos()).abs()
    return radial, torch.exp(-(distance**2) / (2 * sigma**2))


def _frequencies(length: int, device: torch.device) -> Tensor:
    """Frequencies in cycles a pixel, 0 first; those of an odd length reach -1/2 and 1/2, as in Kovesi's program."""
    places = torch.arange(length, dtype=torch.float64, device=device) - length // 2
    return torch.fft.ifftshift(places / (length - 1 if length % 2 and length > 1 else length))
