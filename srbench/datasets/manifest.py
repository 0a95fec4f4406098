"""Manifests: which images a data set has, where each is fetched, and the hashes that pin its file and its pixels."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from srbench.core import stored_json
from srbench.datasets.dataset import Image
from srbench.errors import BadData

_SCHEMA, _VERSION = "manifest", 1


def read(path: Path, folder: str) -> list[Image]:
    """Read a manifest.

    Args:
        path: File of the manifest.
        folder: Folder of the data set in a mirror.

    Raises:
        BadData: It cannot be read, or was written by a later version.
    """
    content = stored_json.read(path, _SCHEMA, _VERSION, error=BadData)
    try:
        return [_image(record, folder) for record in content["images"]]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadData(
            f"{path} is damaged ({type(error).__name__}: {error}); expected images with name, pixels_sha256 and url or "
            "file. Write it anew: srbench datasets pin"
        ) from error


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a manifest, whole or not at all."""
    stored_json.write(path, _SCHEMA, _VERSION, content)


def _image(record: dict[str, Any], folder: str) -> Image:
    url = record.get("url")
    extension = Path(urlsplit(url).path if url else record["file"]).suffix
    return Image(
        name=record["name"],
        path=f"{folder}/HR/{record['name']}{extension}",
        pixels_sha256=record["pixels_sha256"],
        sha256=record.get("sha256", ""),
        size_bytes=int(record["bytes"]) if "bytes" in record else None,
        url=url,
    )
