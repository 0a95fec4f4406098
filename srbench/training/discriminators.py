"""Discriminators: images to raw scores, one an image or one a patch."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu
from torch.nn.utils.parametrizations import spectral_norm

from srbench.core.config import Config

Norm = Literal["batch", "instance", "none"]
Count = Annotated[int, Field(ge=1)]


def _norm(kind: Norm, channels: int) -> list[nn.Module]:
    if kind == "batch":
        return [nn.BatchNorm2d(channels)]
    return [nn.InstanceNorm2d(channels, affine=True)] if kind == "instance" else []


class VggStyleNetwork(nn.Module):
    """Eight 3x3 convolutions that halve the image four times, and two dense layers.

    The paper's dense layer fixes the input to 96 px; pooling to the same 6 x 6 frees it, and changes nothing at 96 px.
    """

    def __init__(self, in_channels: int, channels: int, norm: Norm, pool: int, hidden: int) -> None:
        super().__init__()
        widths = [channels, channels, *(f * channels for f in (2, 2, 4, 4, 8, 8))]
        layers: list[nn.Module] = [nn.Conv2d(in_channels, channels, 3, padding=1), nn.LeakyReLU(0.2)]
        for number, (before, after) in enumerate(pairwise(widths)):
            layers += [nn.Conv2d(before, after, 3, stride=2 if number % 2 == 0 else 1, padding=1), *_norm(norm, after)]
            layers += [nn.LeakyReLU(0.2)]
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(pool), nn.Flatten())
        self.scores = nn.Sequential(nn.Linear(widths[-1] * pool**2, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, 1))

    def forward(self, image: Tensor) -> Tensor:
        """Score images `(N, C, H, W)` of any size from 16 x 16; returns `(N, 1)`."""
        out: Tensor = self.scores(self.features(image))
        return out


class PatchNetwork(nn.Module):
    """Fully convolutional network with a score for each overlapping patch, which is 70 px wide with three layers."""

    def __init__(self, in_channels: int, channels: int, layers: int, norm: Norm) -> None:
        super().__init__()
        widths = [channels * min(2**number, 8) for number in range(layers + 1)]
        parts: list[nn.Module] = [nn.Conv2d(in_channels, channels, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for number, (before, after) in enumerate(pairwise(widths)):
            parts += [
                nn.Conv2d(before, after, 4, stride=2 if number < layers - 1 else 1, padding=1),
                *_norm(norm, after),
            ]
            parts += [nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*parts, nn.Conv2d(widths[-1], 1, 4, padding=1))

    def forward(self, image: Tensor) -> Tensor:
        """Score images `(N, C, H, W)`; returns `(N, 1, h, w)`, 30 x 30 for 256 x 256 with three layers."""
        out: Tensor = self.layers(image)
        return out


class UNetNetwork(nn.Module):
    """U-Net with a score for each pixel: three halvings, three doublings with skips, spectral norm inside."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(in_channels, channels, 3, padding=1)
        self.down = nn.ModuleList(
            spectral_norm(nn.Conv2d(channels * f, 2 * channels * f, 4, stride=2, padding=1, bias=False))
            for f in (1, 2, 4)
        )
        self.up = nn.ModuleList(
            spectral_norm(nn.Conv2d(2 * channels * f, channels * f, 3, padding=1, bias=False)) for f in (4, 2, 1)
        )
        self.end = nn.ModuleList(
            spectral_norm(nn.Conv2d(channels, channels, 3, padding=1, bias=False)) for _ in range(2)
        )
        self.last = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """Score images `(N, C, H, W)` of any size from 8 x 8; returns `(N, 1, H, W)`."""
        x = leaky_relu(self.first(image), 0.2)
        skips = [x]
        for down in self.down:
            x = leaky_relu(down(x), 0.2)
            skips.append(x)
        for up, skip in zip(self.up, reversed(skips[:-1]), strict=True):
            x = interpolate(x, size=skip.shape[-2:], mode="bilinear", align_corners=False)
            x = leaky_relu(up(x), 0.2) + skip
        for conv in self.end:
            x = leaky_relu(conv(x), 0.2)
        out: Tensor = self.last(x)
        return out


class VggStyle(Config):
    """SRGAN's discriminator (Ledig et al., CVPR 2017, figure 4), for any input size.

    Attributes:
        channels: Output channels of the first layer; 64 in the paper.
        norm: Normalisation after each convolution but the first; "batch" in the paper.
        pool: Side of the feature map that the dense layers read; 6 in the paper, for images of 96 px.
        hidden: Width of the first dense layer; 1024 in the paper.
        conditional: Whether the network also sees the bicubically upscaled LR, as pix2pix's does.
    """

    kind: Literal["vgg_style"] = "vgg_style"
    channels: Count = 64
    norm: Norm = "batch"
    pool: Count = 6
    hidden: Count = 1024
    conditional: bool = False

    def build(self, in_channels: int) -> nn.Module:
        """Build the network for images of this many channels."""
        return VggStyleNetwork(in_channels, self.channels, self.norm, self.pool, self.hidden)


class PatchGan(Config):
    """PatchGAN of pix2pix (Isola et al., CVPR 2017, appendix 6.1.2).

    Attributes:
        channels: Output channels of the first layer; 64 in the paper.
        layers: Number of convolutions with stride 2; 3 give patches of 70 px.
        norm: Normalisation after each convolution but the first and last; "batch" in pix2pix, "instance" in CycleGAN.
        conditional: Whether the network also sees the bicubically upscaled LR.
    """

    kind: Literal["patchgan"]
    channels: Count = 64
    layers: Count = 3
    norm: Norm = "batch"
    conditional: bool = False

    def build(self, in_channels: int) -> nn.Module:
        """Build the network for images of this many channels."""
        return PatchNetwork(in_channels, self.channels, self.layers, self.norm)


class UNet(Config):
    """U-Net with spectral norm of Real-ESRGAN (Wang et al., ICCVW 2021, section 3.4).

    Attributes:
        channels: Output channels of the first layer; 64 in the paper.
        conditional: Whether the network also sees the bicubically upscaled LR.
    """

    kind: Literal["unet"]
    channels: Count = 64
    conditional: bool = False

    def build(self, in_channels: int) -> nn.Module:
        """Build the network for images of this many channels."""
        return UNetNetwork(in_channels, self.channels)


Discriminator = Annotated[VggStyle | PatchGan | UNet, Field(discriminator="kind")]
