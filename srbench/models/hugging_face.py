"""Weight files in repositories of the Hugging Face Hub, by the package huggingface_hub."""

import importlib
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from srbench.core import paths
from srbench.core.assets import AssetStore, DryStore, PinnedFile, hash_of
from srbench.errors import MissingWeights, UserError, reason
from srbench.models import checkpoint, given_file
from srbench.models.model import Model

PREFIX = "hf:"

_PLACE = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>[^/@]+)/(?P<file>[^@]+)")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MEANINGS = {
    "RepositoryNotFound": "the Hub has no such repository, or it is private",
    "GatedRepo": "the Hub asks for a login and consent for this repository; get the file by hand and name its path",
    "RevisionNotFound": "the repository has no such branch, tag or commit",
    "RemoteEntryNotFound": "the repository has no such file at this revision",
    "EntryNotFound": "the repository has no such file at this revision",
    "LocalEntryNotFound": "the Hub could not be asked, and the file was not fetched before",
}


def load(place: str, scale: int | None, store: AssetStore) -> Model:
    """Return the model of a weight file in a repository.

    Args:
        place: "ORG/REPO@REVISION/FILE"; the revision is a branch, a tag or a commit, and is resolved to a commit.
        scale: Upscaling factor; None for the file's own.
        store: Store of files; one that downloads nothing is told what would be fetched.

    Raises:
        MissingWeights: The Hub cannot be reached, or has no such repository, revision or file.
        UserError: The package is not installed, or the name is not complete.
    """
    found = _PLACE.fullmatch(place)
    if found is None:
        raise UserError(
            f"{PREFIX}{place} is no place on the Hub; expected hf:ORG/REPO@REVISION/FILE, as in "
            "hf:someone/upscaler@main/net.pth"
        )
    repository, revision, typed = found["repository"], found["revision"], found["file"]
    file, chosen = checkpoint.split_name(typed)
    hub = _package()
    if isinstance(store, DryStore):
        store.wanted.append(PinnedFile(f"huggingface/{place}", ""))
        raise MissingWeights(f"{PREFIX}{place} would be fetched")
    try:
        commit, facts = _resolved(hub, repository, revision)
        fetched = hub.hf_hub_download(
            repository, file.as_posix(), revision=commit, cache_dir=_cache(), local_files_only=not facts
        )
    except Exception as error:  # of the package's own and of the one it connects with, which changed between versions
        raise MissingWeights(f"{PREFIX}{place} could not be fetched: {_said(error)}") from error
    path = Path(fetched)
    published = {"repository": repository, "revision": revision, "commit": commit, "file": typed, **facts}
    said = f"by {facts['author']}, {facts['licence'] or 'no licence stated'}" if facts else "fetched earlier"
    return replace(
        given_file.from_weights(path, scale, chosen),
        id=f"{repository.partition('/')[2]}/{path.stem}",
        origin=f"{PREFIX}{repository}@{commit}/{typed}, {said}",
        published={**published, "sha256": hash_of(path)},
    )


def _resolved(hub: ModuleType, repository: str, revision: str) -> tuple[str, dict[str, str]]:
    """Return the commit that a revision is, with author and licence; a commit without them where the Hub fails."""
    try:
        info = hub.HfApi().model_info(repository, revision=revision)
    except Exception:
        if _COMMIT.fullmatch(revision):
            return revision, {}
        raise
    card: Any = getattr(info, "card_data", None)
    licence = getattr(card, "license", None) or ""
    author = getattr(info, "author", None) or repository.partition("/")[0]
    return str(info.sha), {"author": str(author), "licence": str(licence)}


def _said(error: Exception) -> str:
    """Say what the package's error means."""
    name = type(error).__name__
    return next((text for part, text in _MEANINGS.items() if name.startswith(part)), reason(error))


def _cache() -> str:
    return str(paths.cache_folder() / "huggingface")


@cache
def _package() -> ModuleType:
    try:
        return importlib.import_module("huggingface_hub")
    except ImportError as error:
        raise UserError(
            "hf: needs the package huggingface_hub; install it with: pip install 'sr-bench-suite[huggingface]'"
        ) from error
