"""Names of data sets in tables: ids of records, and for folders what `srbench.core.names` makes of their paths."""

from collections.abc import Sequence
from dataclasses import replace

from srbench.core.names import Names
from srbench.datasets import catalogue
from srbench.datasets.locate import ImageSet
from srbench.errors import UserError
from srbench.evaluation.plan import content_of


def reserved() -> frozenset[str]:
    """Return the names that no folder may have: those of records."""
    return frozenset(name.lower() for name in catalogue.catalogue())


def named(sets: Sequence[ImageSet], names: Names | None = None) -> list[ImageSet]:
    """Give each data set a name of its own; the same set comes once.

    Args:
        sets: Data sets as they were found.
        names: Names that the run's folder has given before; None where there is no folder.

    Raises:
        UserError: A label is the id of a data set.
    """
    names = names or Names(reserved=reserved())
    once = {(images.label or images.id, images.place): images for images in sets}
    return [replace(images, id=_name(images, names)) for images in once.values()]


def _name(images: ImageSet, names: Names) -> str:
    digits = content_of(images)[:8]
    if images.label:
        if images.label.lower() in names.reserved and images.label != images.id:
            raise UserError(f"'{images.label}' is the id of a data set already; give another name before the '='")
        return names.keep(images.label, images.place or images.id, digits)
    if images.folder is None:
        return images.id
    if images.record is not None:  # a known set whose files nobody pinned: two copies may differ
        return Names(names.taken).keep(images.id, images.place, digits)
    own = images.folder.resolve().name.lower()
    if images.lr_dir is not None:
        own += f"+{images.lr_dir.resolve().name.lower()}"
    return names.give(own, images.folder, images.place, digits)
