"""The part of an address behind "#": which image, models, crop and zoom the page opens."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

_PLAIN = "/"
"""Characters of names that stay as they are; a comma separates names."""


def fragment(dataset: str, image: str, models: Sequence[str] = (), **more: Any) -> str:
    """Write a fragment.

    Args:
        dataset: Id of the data set.
        image: Name of the image.
        models: Names of the models that are shown; empty for the page's own choice.
        more: Further fields, numbers or sequences of numbers: `crop` is x, y, width, height in HR pixels, `zoom` the
            number of screen pixels of an image's pixel.

    Examples:
        >>> fragment("set5", "butterfly", ["bicubic", "srresnet@0.5"], crop=(60, 80, 64, 64), zoom=4)
        '#dataset=set5&image=butterfly&models=bicubic,srresnet%400.5&crop=60,80,64,64&zoom=4'
    """
    fields: dict[str, Any] = {"dataset": dataset, "image": image}
    fields |= {"models": models} if models else {}
    return "#" + "&".join(f"{name}={_text(value)}" for name, value in (fields | more).items())


def _text(value: Any) -> str:
    parts = [value] if isinstance(value, str | int | float) else value
    return ",".join(quote(str(part), safe=_PLAIN) for part in parts)
