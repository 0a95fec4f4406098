"""Which images of a data set a protocol can use, told by the headers of their files before the first model runs."""

from dataclasses import replace

from srbench.core import image_file
from srbench.datasets.dataset import Item
from srbench.datasets.locate import ImageSet
from srbench.errors import BadImage, ShapeError, UserError
from srbench.protocol import Protocol

_NAMED = 3


def select(images: ImageSet, protocol: Protocol) -> tuple[ImageSet, dict[str, str]]:
    """Return the set without the images that cannot be used, and the reason for each of these.

    Args:
        images: Images of a data set; those whose content is pinned are not looked at.
        protocol: Conventions of crops and scale.
    """
    if images.pinned:
        return images, {}
    failed: dict[str, str] = {}
    for item in images.items:
        try:
            _check(item, protocol)
        except UserError as error:
            failed[item.name] = str(error)
    return replace(images, items=tuple(item for item in images.items if item.name not in failed)), failed


def _check(item: Item, protocol: Protocol) -> None:
    hr = image_file.header(item.hr)
    multiple = protocol.hr_multiple
    if min(hr.height, hr.width) < multiple:
        raise ShapeError(f"{item.hr} is {hr.height} x {hr.width} px; both sides need at least {multiple} px")
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
