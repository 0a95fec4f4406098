"""From the name of a data set, or a folder, to image files on this machine whose content is checked."""

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from srbench.core import image, image_file, image_folder, image_remarks
from srbench.core.assets import AssetStore, PinnedFile, hash_of
from srbench.core.download import sha256
from srbench.core.image_folder import Listing
from srbench.core.wording import counted
from srbench.datasets import catalogue
from srbench.datasets.dataset import Dataset, Image, Item
from srbench.datasets.name_pairs import pair
from srbench.errors import BadData, DownloadError, MissingData


@dataclass(frozen=True)
class ImageSet:
    """A data set that is at hand.

    Attributes:
        id: Id of the data set, or the folder's name in lower case.
        record: Record of the data set; None for a folder.
        items: The images, in order; the first `limit` of them.
        total: Number of images of the whole set.
        pinned: Whether every file was checked against a pinned hash.
        names: Names of all images of the set, also beyond the limit.
        remarks: What a reader must know of the files: what the folders hold beside images, by what rule LR files were
            paired, and which images a viewer would show otherwise.
        folder: Folder of the HR images, of a set that is not pinned.
        lr_dir: Folder of the LR images, where they are given.
        label: Name that the user gave the folder; empty without one.
    """

    id: str
    record: Dataset | None
    items: tuple[Item, ...]
    total: int
    pinned: bool
    names: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    folder: Path | None = None
    lr_dir: Path | None = None
    label: str = ""

    @property
    def place(self) -> str:
        """Where the images are; empty for a pinned set, whose images are the same anywhere."""
        return "; ".join(str(folder.resolve()) for folder in (self.folder, self.lr_dir) if folder is not None)

    @property
    def lr_text(self) -> str:
        """What a reader must know of given LR images, as "LR given: lr_deg, 3 files, sha256 ab12cd34"."""
        if self.lr_dir is None:
            return ""
        digest = hashlib.sha256("".join(item.lr_sha256 for item in self.items).encode()).hexdigest()
        count = counted(sum(item.lr is not None for item in self.items), "file")
        return f"LR given: {self.lr_dir.resolve().name}, {count}, sha256 {digest[:8]}"


def locate(
    name: str,
    store: AssetStore,
    *,
    scale: int,
    data_root: Path | None = None,
    lr_dir: Path | None = None,
    limit: int | None = None,
    pairs: str = "",
) -> ImageSet:
    """Find the images of a data set or folder, fetching what is missing.

    Args:
        name: Id of a data set, or a folder of HR images.
        store: Store that files come from.
        scale: Upscaling factor in the suffix of LR file names.
        data_root: A folder with `<Set>/HR/*`, `<Set>/*` or the images themselves; used instead of cache and mirror.
        lr_dir: Folder of given LR images, for a folder of HR images only.
        limit: Number of images after which the rest is left out.
        pairs: Name of the LR files, `{name}` standing for the original's; empty to find it.

    Raises:
        UnknownName: Neither a data set nor a folder.
        MissingData: The images are neither at hand nor could be fetched.
        BadData: A file differs from what is pinned, or HR and LR cannot be paired.
    """
    if is_folder(name):
        return _folder(Path(name), lr_dir, scale, limit, pairs)
    record = catalogue.find(name)
    if lr_dir is not None:
        raise BadData(f"--lr needs a folder of HR images as --datasets; LR of {record.id} is made by the protocol")
    pinned = catalogue.images(record)
    if not pinned:
        return _unpinned(record, data_root, limit)
    entries = pinned[:limit]
    paths = _paths(record, entries, store, data_root)
    items = [
        Item(entry.name, path, None, entry.pixels_sha256, pinned=True)
        for entry, path in zip(entries, paths, strict=True)
    ]
    names = tuple(entry.name for entry in pinned)
    return ImageSet(record.id, record, tuple(items), len(pinned), True, names)


def is_folder(name: str) -> bool:
    """Tell whether the name of a data set means a folder."""
    return "/" in name or "\\" in name or (name.lower() not in catalogue.catalogue() and Path(name).is_dir())


def _paths(record: Dataset, entries: Sequence[Image], store: AssetStore, data_root: Path | None) -> list[Path]:
    if record.package is not None:
        return [_checked(entry, _inside_package(record.package) / Path(entry.path).name) for entry in entries]
    if data_root is not None:
        return [_checked(entry, _under_root(record, entry, data_root)) for entry in entries]
    files = [PinnedFile(entry.path, entry.sha256, entry.size_bytes, entry.url) for entry in entries]
    try:
        return store.fetch_all(files)
    except DownloadError as error:
        raise MissingData(
            f"{record.title} is not in the cache and could not be downloaded ({error}). "
            "Give a copy by SRBENCH_MIRROR, or to srbench run by --data-root DIR; "
            "srbench run --datasets builtin needs no download"
        ) from error


def _inside_package(package: tuple[str, str]) -> Path:
    spec = importlib.util.find_spec(package[0])
    if spec is None or not spec.submodule_search_locations:
        raise MissingData(f"the package {package[0]} is not installed, and its images are the data set")
    return Path(spec.submodule_search_locations[0]) / package[1]


def _under_root(record: Dataset, entry: Image, root: Path) -> Path:
    folders = [root / record.folder / "HR", root / record.folder, root / "HR", root]
    for folder in folders:
        named = [path for path in list_images(folder) if path.stem == entry.name]
        if named:
            return named[0]
    raise MissingData(f"{entry.name} of {record.title} is not in {', '.join(map(str, folders))}")


def _checked(entry: Image, path: Path) -> Path:
    """A file whose pixels are the pinned ones; another lossless encoding of them is as good."""
    if not path.is_file():
        raise MissingData(f"{path} does not exist; expected the image '{entry.name}' there")
    as_long = entry.size_bytes in (None, path.stat().st_size)  # a file of another length is not hashed
    if entry.sha256 and as_long and hash_of(path) == entry.sha256:
        return path
    pixels = image.pixels_sha256(image.read(path))
    if pixels != entry.pixels_sha256:
        raise BadData(
            f"{path} has pixels with sha256 {pixels[:16]}…; the pinned '{entry.name}' has {entry.pixels_sha256[:16]}…. "
            "It is another version of the image; give its folder as a data set of its own to run on it anyway"
        )
    return path


def _unpinned(record: Dataset, data_root: Path | None, limit: int | None) -> ImageSet:
    if data_root is None:
        raise MissingData(f"{record.title} cannot be downloaded by a program. Get it from {record.where}")
    folders = [data_root / record.folder / "HR", data_root / record.folder, data_root]
    listed = next((files for folder in folders if len(files := list_images(folder)) == record.count), None)
    if listed is None:
        raise BadData(
            f"{folders[1]} and {data_root} do not hold {record.count} images. Get {record.title} from {record.where}"
        )
    items = [Item(path.stem, path, None, sha256(path)) for path in listed[:limit]]
    names = tuple(path.stem for path in listed)
    return ImageSet(record.id, record, tuple(items), record.count, False, names, folder=items[0].hr.parent)


def _folder(folder: Path, lr_dir: Path | None, scale: int, limit: int | None, pairs: str) -> ImageSet:
    listing = image_listing(folder)
    listed = by_stem(listing)
    remarks = listing.describe()
    lr_of: Mapping[str, Path] = {}
    if lr_dir is not None:
        lr_listing = image_listing(lr_dir)
        paired = pair(listed, by_stem(lr_listing), folder, lr_dir, scale, pairs, some=True)
        lr_of = paired.paths
        remarks += [*paired.describe(lr_dir), *lr_listing.describe()]
    items = []
    for stem, hr in list(listed.items())[:limit]:
        lr = lr_of.get(stem)
        items.append(Item(stem, hr, lr, _content(hr), _content(lr) if lr else ""))
    lr_files = {f"{item.lr.parent.name}/{item.lr.name}": item.lr for item in items if item.lr}
    remarks += image_remarks.describe({item.name: item.hr for item in items} | lr_files)
    id_, names = folder.resolve().name.lower(), tuple(listed)
    return ImageSet(id_, None, tuple(items), len(listed), False, names, tuple(remarks), folder, lr_dir)


def _content(path: Path) -> str:
    """Return the SHA-256 of a file; where it cannot be read, its path, for it fails before it has a value."""
    try:
        return sha256(path)
    except OSError:
        return str(path)


def list_images(folder: Path) -> list[Path]:
    """List the image files directly in a folder, by name; nothing where there is no such folder."""
    return list(image_folder.find(folder, deep=False).images) if folder.is_dir() else []


def image_listing(folder: Path) -> Listing:
    """List the images directly in a folder, and what else it holds.

    Raises:
        MissingData: The folder does not exist or holds no image.
    """
    listing = image_folder.find(folder, deep=False) if folder.is_dir() else Listing(folder, (), {})
    if not listing.images:
        more = "; ".join(listing.describe())
        endings = ", ".join(image_file.EXTENSIONS)
        what = f"holds no images ({endings})" if folder.exists() else "does not exist; expected a folder of images"
        raise MissingData(f"{folder} {what}" + (f". {more}" if more else ""))
    return listing


def by_stem(listing: Listing) -> dict[str, Path]:
    """Return the images of a folder by file name without extension.

    Raises:
        BadData: Two files have the same stem.
    """
    stems: dict[str, Path] = {}
    for path in listing.images:
        if path.stem in stems:
            raise BadData(f"{stems[path.stem]} and {path.name} have the same name but for the extension; keep one")
        stems[path.stem] = path
    return stems
