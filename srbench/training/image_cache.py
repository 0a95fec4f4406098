"""Training images by number; decoded ones stay in memory as far as they fit."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from srbench.core import image


class ImageCache:
    """Images by number; decoded ones are kept in memory up to a limit.

    Args:
        paths: Files of the images.
        multiple: Both sides of each image are cropped to this multiple.
        centre_crop_px: Side of the square in the middle that is used; 0 for the whole image.
        memory_mib: Limit of the memory for decoded images, in MiB.
    """

    def __init__(self, paths: Sequence[Path], multiple: int, centre_crop_px: int, memory_mib: int) -> None:
        self.paths = paths
        self.multiple = multiple
        self.centre_crop_px = centre_crop_px
        self._free_bytes = memory_mib * 2**20
        self._decoded: dict[int, Tensor] = {}

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> Tensor:
        """Return an image, uint8 `(1, 3, H, W)`, cropped to the multiple."""
        if number in self._decoded:
            return self._decoded[number]
        levels = self.load(number)
        if levels.numel() <= self._free_bytes:
            self._free_bytes -= levels.numel()
            self._decoded[number] = levels
        return levels

    def load(self, number: int) -> Tensor:
        """Read an image and do not keep it, uint8 `(1, 3, H, W)`, cropped to the multiple."""
        return load_image(self.paths[number], self.multiple, self.centre_crop_px)


def load_image(path: Path, multiple: int, centre_crop_px: int = 0) -> Tensor:
    """Read a training image.

    Args:
        path: File of any format that `srbench.core.image.read` reads; grey becomes RGB.
        multiple: Both sides are cropped to this multiple, as the protocol crops HR.
        centre_crop_px: Side of the square in the middle that is used; 0 for the whole image.

    Returns:
        uint8 `(1, 3, H, W)`.

    Raises:
        BadImage: The file cannot be read.
        ShapeError: The image is smaller than the multiple.
    """
    levels = image.to_tensor(image.read(path)).expand(-1, 3, -1, -1)
    if centre_crop_px:
        top, left = ((side - centre_crop_px) // 2 for side in levels.shape[-2:])
        levels = levels[..., max(top, 0) :, max(left, 0) :][..., :centre_crop_px, :centre_crop_px]
    return image.crop_to_multiple(levels, multiple).contiguous()
