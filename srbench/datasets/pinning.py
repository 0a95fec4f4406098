"""From a folder of images to the manifest that pins them."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from srbench.core import image
from srbench.core.download import sha256
from srbench.datasets.locate import by_stem, image_listing
from srbench.errors import BadData


def pin(folder: Path, url_base: str) -> dict[str, Any]:
    """Return the manifest of the images in a folder.

    Args:
        folder: Folder of HR images, directly in it.
        url_base: Address under which the same files can be fetched by their names.

    Raises:
        MissingData: The folder holds no image.
        BadData: Two files have the same stem, or the address is none of http or https.
    """
    if urlsplit(url_base).scheme not in ("http", "https") or not urlsplit(url_base).netloc:
        raise BadData(f"--url-base is '{url_base}'; expected an address such as https://host/folder")
    files = by_stem(image_listing(folder)).values()
    return {"images": [_pin(path, f"{url_base.rstrip('/')}/{quote(path.name)}") for path in files]}


def _pin(path: Path, url: str) -> dict[str, Any]:
    pixels = image.read(path)
    height, width = pixels.shape[:2]
    return {
        "name": path.stem,
        "url": url,
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
        "height": height,
        "width": width,
        "mode": "L" if pixels.ndim == 2 else "RGB",
        "pixels_sha256": image.pixels_sha256(pixels),
    }
