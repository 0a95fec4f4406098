"""The table [data] of a recipe."""

from typing import Annotated

from pydantic import Field

from srbench.core.config import Config
from srbench.degradation.catalogue import Degradation
from srbench.degradation.classical import Classical
from srbench.training.augmentation import Augmentation

Count = Annotated[int, Field(ge=1)]


class DataConfig(Config):
    """The training data.

    Attributes:
        folders: Folders of HR images, absolute or below the data root; every image in them at any depth is used.
        lr_folders: Folders of unpaired LR images; LR is then not made of HR.
        held_out: Images that only validation sees, as "folder/name" without the file's ending.
        validation_images: Most images that are held out if `held_out` is empty: a tenth of all, at least one, evenly
            spread; none for 0.
        batch: Number of samples of one step, over all processes.
        patch_px: Side of an HR patch, in pixels.
        centre_crop_px: Side of the square in the middle of each image that is used; 0 for the whole image.
        augmentation: Random flips, rotations and changes of colour.
        degradation: Degradation that makes LR of HR.
    """

    folders: list[str] = ["."]
    lr_folders: list[str] = []
    held_out: list[str] = []
    validation_images: Annotated[int, Field(ge=0)] = 10
    batch: Count = 16
    patch_px: Count = 96
    centre_crop_px: Annotated[int, Field(ge=0)] = 0
    augmentation: Augmentation = Augmentation()
    degradation: Degradation = Classical()
