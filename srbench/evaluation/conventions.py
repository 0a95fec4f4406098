"""The conventions that circulate: each choice with who makes it, and their combinations from near to far."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from math import lcm
from typing import Any

from srbench.errors import BadProtocol
from srbench.protocol import Protocol


@dataclass(frozen=True)
class Choice:
    """One way to do one thing.

    Attributes:
        axis: Field of `Convention` that it is a value of.
        value: Its value there.
        title: What is done, in words.
        who: Papers or software that do it.
        source: Publication, or repository and commit, that shows it; empty where no one place does.
        cost: How far from today's usual way it is: 0 is the usual way, 3 the rarest.
    """

    axis: str
    value: str
    title: str
    who: str
    source: str
    cost: int


_SRCNN = "Dong et al., TPAMI 2016; Kim et al., VDSR, CVPR 2016: their MATLAB scripts"
_BASICSR = "XPixelGroup/BasicSR @ 8d56e3a0"
_EDSR = "sanghyun-son/EDSR-PyTorch, src/utility.py, calc_psnr"
_RESIZER = "srbench.core.resize"

CHOICES = (
    Choice("channel", "y", "Y", "most tables of papers", _BASICSR, 0),
    Choice("channel", "y rounded", "Y rounded", "MATLAB's rgb2ycbcr on uint8; SRGAN", _SRCNN, 1),
    Choice("channel", "rgb", "RGB", "NTIRE challenges, MMagic", "open-mmlab/mmagic @ 0a560bba", 1),
    Choice("channel", "full", "full-range Y", "TensorFlow's rgb_to_yuv, Kornia", "ITU-T T.871 (JPEG)", 2),
    Choice("channel", "full rounded", "full-range Y rounded", "Pillow's mode L, OpenCV", "ITU-T T.871 (JPEG)", 2),
    Choice("border", "s", "border as wide as the scale", "most tables of papers", _EDSR, 0),
    Choice("border", "0", "no border", "scripts that shave nothing; TensorFlow's metrics", "", 1),
    Choice("border", "s+6", "border scale + 6", "EDSR's validation on DIV2K", _EDSR, 2),
    Choice("border", "s+2", "border scale + 2", "validation loops of training code", "", 2),
    Choice("ssim", "wang", "SSIM wang", "MATLAB's ssim_index, BasicSR", "Wang et al., TIP 2004, eq. 13", 0),
    Choice("ssim", "skimage-default", "SSIM skimage-default", "scikit-image's default", "scikit-image", 1),
    Choice("ssim", "wang-ds", "SSIM wang-ds", "the authors' later ssim.m, piq", "Wang et al., ssim.m", 1),
    Choice("ssim", "daala", "SSIM daala", "the SRGAN paper", "xiph/daala @ 0b5ce2f, tools/dump_ssim.c", 2),
    Choice("sr", "rounded", "SR rounded to 8 bits", "scores of stored images", "", 0),
    Choice("sr", "float", "SR not rounded", "scripts that measure the tensor", "", 1),
    Choice("mean", "mean", "mean over images", "most tables of papers", "", 0),
    Choice("mean", "pooled", "PSNR of the pooled error", "loops that average the squared error", "", 2),
    Choice("grey", "luma", "grey HR is luma", "MATLAB scripts", _SRCNN, 0),
    Choice("grey", "rgb", "grey HR as RGB", "Python toolboxes since about 2018; IMDN, RLFN", _BASICSR, 1),
    Choice("crop", "s", "HR to a multiple of the scale", "most tables of papers", _SRCNN, 0),
    Choice("crop", "12", "HR to a multiple of 12", "MMagic and BasicSR (GTmod12)", "open-mmlab/mmagic @ 0a560bba", 1),
    Choice("content", "rgb", "LR of the whole image", "most tables of papers", "", 0),
    Choice("content", "luma", "luma before the crop, LR of it alone", "the scripts of SRCNN and VDSR", _SRCNN, 1),
    Choice("lr", "passes mirror", "LR MATLAB, uint8", "MATLAB's imresize", _RESIZER, 0),
    Choice("lr", "end mirror", "LR MATLAB, rounded once", "BasicSR's imresize, stored", _BASICSR, 1),
    Choice("lr", "none mirror", "LR MATLAB, not rounded", "MATLAB scripts on double", _SRCNN, 1),
    Choice(
        "lr", "passes replicate", "LR MATLAB, uint8, edge repeated", "SelfExSR's files", "Huang et al., CVPR 2015", 2
    ),
    Choice("lr", "pillow", "LR Pillow", "torchvision's Resize; Image.resize", "Pillow's Image.resize(BICUBIC)", 2),
    Choice("lr", "opencv", "LR OpenCV, no antialias", "scripts with cv2.resize(INTER_CUBIC)", "OpenCV's resize", 2),
    Choice("lr", "end replicate", "LR MATLAB, rounded once, edge repeated", "ports of imresize", "", 3),
    Choice("lr", "none replicate", "LR MATLAB, not rounded, edge repeated", "ports of imresize", "", 3),
)
"""The table. Of each axis the first choice is today's usual one."""


def of_axis(axis: str) -> list[Choice]:
    """Return the choices of an axis, the usual one first."""
    return [choice for choice in CHOICES if choice.axis == axis]


@dataclass(frozen=True)
class Images:
    """What decides which SR and HR there are.

    Attributes:
        crop: Multiple to which HR is cropped: "s", the scale, or "12".
        content: "rgb", or "luma" alone.
        lr: How LR is made: rounding and edge of MATLAB's imresize, "pillow" or "opencv".
        grey: What grey images count as.
    """

    crop: str = "s"
    content: str = "rgb"
    lr: str = "passes mirror"
    grey: str = "luma"

    @property
    def circulates(self) -> bool:
        """Whether anybody is known to combine these: rare crops come with one of two resamplers, luma with MATLAB's."""
        if self.content == "luma":
            return self.crop == "s" and self.lr.endswith("mirror")
        return self.crop == "s" or self.lr in ("passes mirror", "end mirror")

    def multiple(self, scale: int) -> int:
        """Return the number of pixels to a multiple of which HR is cropped."""
        return scale if self.crop == "s" else lcm(12, scale)


@dataclass(frozen=True)
class Convention:
    """One choice of each axis.

    Attributes:
        images: What decides which SR and HR there are.
        sr: Whether SR is "rounded" to 8 bits or "float".
        channel: What PSNR and SSIM see: "y", "y rounded", "full", "full rounded" or "rgb".
        border: Pixels shaved from each side: "0", "s" for the scale, "s+2", "s+6", or another number.
        ssim: Flavour of SSIM.
        mean: Whether PSNR is the "mean" of images or of their "pooled" error.
    """

    images: Images = Images()
    sr: str = "rounded"
    channel: str = "y"
    border: str = "s"
    ssim: str = "wang"
    mean: str = "mean"

    @property
    def values(self) -> dict[str, str]:
        """Value by axis."""
        own = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "images"}
        return vars(self.images) | own

    def border_px(self, scale: int) -> int:
        """Return the pixels shaved from each side at a scale."""
        return scale + int(self.border[2:] or 0) if self.border.startswith("s") else int(self.border)

    def differs(self, base: "Convention") -> list[Choice]:
        """Return the choices that are not those of another convention, in the order of the table."""
        mine, theirs = self.values, base.values
        known = {(choice.axis, choice.value): choice for choice in CHOICES}
        return [choice for (axis, value), choice in known.items() if mine[axis] == value and theirs.get(axis) != value]

    def distance(self, base: "Convention") -> int:
        """Return how far it is from another convention: the sum of what its choices cost."""
        return sum(max(1, choice.cost) for choice in self.differs(base))

    def describe(self, base: "Convention") -> str:
        """Return in words what differs from another convention; "the default" where nothing does."""
        return ", ".join(choice.title for choice in self.differs(base)) or "the default"


def of_protocol(protocol: Protocol) -> Convention:
    """Return the convention that a protocol is.

    Raises:
        BadProtocol: LR is given, or there is no HR; or HR is cropped to another multiple than the conventions know.
    """
    if protocol.lr != "bicubic":
        raise BadProtocol(f"{protocol.name} does not make LR from HR; expected a protocol that does, as classical_x4")
    multiples = {Images(crop=choice.value).multiple(protocol.scale): choice.value for choice in of_axis("crop")[::-1]}
    if protocol.hr_multiple not in multiples:
        known = " or ".join(map(str, sorted(multiples)))
        raise BadProtocol(f"{protocol.name} crops HR to a multiple of {protocol.hr_multiple}; expected {known}")
    images = Images(
        multiples[protocol.hr_multiple],
        protocol.content,
        f"{protocol.lr_rounding} {protocol.lr_edge}",
        protocol.grey,
    )
    channel = "rgb" if protocol.channel == "rgb" else "y rounded" if protocol.y_rounding else "y"
    usual = {Convention(border=each.value).border_px(protocol.scale): each.value for each in of_axis("border")}
    border = usual.get(protocol.border_px, str(protocol.border_px))
    return Convention(images, "rounded" if protocol.sr_rounding else "float", channel, border, protocol.ssim)


def all_images(base: Images, *, grey: bool, made: bool = True) -> list[Images]:
    """Return the combinations that decide SR and HR, the base first and the rest from near to far.

    Args:
        base: The default.
        grey: Whether the data set has grey images; without them it does not matter what they count as.
        made: Whether SR can be made anew; stored pictures have one crop and one LR.
    """
    values = {axis: [choice.value for choice in of_axis(axis)] for axis in ("crop", "content", "lr", "grey")}
    if not grey:
        values["grey"] = [base.grey]
    if not made:
        values |= {"crop": [base.crop], "content": [base.content], "lr": [base.lr]}
    found = [Images(*each) for each in product(*values.values())]
    start = Convention(base)
    return sorted(
        (each for each in found if each == base or each.circulates),
        key=lambda each: Convention(each).distance(start),
    )


def measures(base: Convention, images: Images) -> Iterator[Convention]:
    """Yield the conventions of some SR and HR, without regard to the flavour of SSIM, which stays the base's."""
    channels = [choice.value for choice in of_axis("channel")]
    if images.content == "luma":
        channels = ["y"]  # one channel, which is all others too
    borders = dict.fromkeys([base.border, *(choice.value for choice in of_axis("border"))])
    for channel, border, sr, mean in product(channels, borders, ("rounded", "float"), ("mean", "pooled")):
        yield replace(base, images=images, channel=channel, border=border, sr=sr, mean=mean)


def single_changes(base: Convention, ways: Sequence[Images]) -> list[Convention]:
    """Return the base, and the conventions that differ from it in one choice, in the order of the table.

    Args:
        base: The default.
        ways: Ways to make SR and HR that the data set allows.
    """
    changed = [_with(base, choice) for choice in CHOICES]
    return [base, *(each for each in changed if each != base and each.images in ways)]


def _with(base: Convention, choice: Choice) -> Convention:
    own: dict[str, Any] = {choice.axis: choice.value}
    of_images = choice.axis in vars(base.images)
    return replace(base, images=replace(base.images, **own)) if of_images else replace(base, **own)
