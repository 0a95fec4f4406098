"""Which images of a data set a protocol can use, told by the headers of their files before the first model runs."""

from collections.abc import Collection
from dataclasses import replace

from srbench.core import image_file, memory
from srbench.datasets.dataset import Item
from srbench.datasets.locate import ImageSet
from srbench.errors import BadImage, MissingData, ShapeError, UserError
from srbench.protocol import Protocol

_NAMED = 3
_BYTES_A_PIXEL, _MORE_BYTES = 100, 100
"""Memory that an image, its output and their luma take while they are measured, and what metrics beside PSNR add."""


def select(images: ImageSet, protocol: Protocol, metrics: Collection[str]) -> tuple[ImageSet, dict[str, str]]:
    """Return the set without the images that cannot be used, and the reason for each of these.

    Args:
        images: Images of a data set.
        protocol: Conventions of crops and scale.
        metrics: Names of the metrics that will be measured.
    """
    bytes_a_pixel = _BYTES_A_PIXEL + (_MORE_BYTES if set(metrics) - {"psnr"} else 0)
    failed: dict[str, str] = {}
    for item in images.items:
        try:
            _check(item, protocol, bytes_a_pixel)
            if images.lr_dir is not None and item.lr is None:
                raise MissingData(f"{images.lr_dir} has no LR image of {item.hr.name}; add it, or rename the one there")
        except UserError as error:
            failed[item.name] = str(error)
    return replace(images, items=tuple(item for item in images.items if item.name not in failed)), failed


def _check(item: Item, protocol: Protocol, bytes_a_pixel: int) -> None:
    hr = image_file.header(item.hr)
    if protocol.lr == "alone":
        what = f"to upscale and measure {item.hr} ({hr.width} x {hr.height} px)"
        pixels = hr.height * hr.width * protocol.scale**2
        memory.require(pixels * bytes_a_pixel, what, "free some, or use smaller images")
        return
    multiple = protocol.hr_multiple
    if min(hr.height, hr.width) < multiple:
        raise ShapeError(f"{item.hr} is {hr.height} x {hr.width} px; both sides need at least {multiple} px")
    what = f"to measure {item.hr} ({hr.width} x {hr.height} px)"
    memory.require(hr.height * hr.width * bytes_a_pixel, what, "free some, or measure parts of the image")
    if item.lr is None:
        return
    lr = image_file.header(item.lr)
    expected = tuple(side // multiple * multiple // protocol.scale for side in (hr.height, hr.width))
    if (lr.height, lr.width) != expected:
        raise ShapeError(
            f"{item.lr} is {lr.height} x {lr.width} px; {item.hr.name} cropped to a multiple of {multiple} needs "
            f"{expected[0]} x {expected[1]} px at x{protocol.scale}"
        )


def refuse_all(failed: dict[str, str]) -> BadImage:
    """Return the error that no image is left, with the first reasons."""
    more = f"; and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    return BadImage(f"no image can be used: {'; '.join(list(failed.values())[:_NAMED])}{more}")
