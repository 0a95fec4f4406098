"""Models of OpenModelDB, the catalogue of a community of upscalers: https://openmodeldb.info.

A record says who made a model, under which licence, and which file it is; the file is taken only by the SHA-256 that
the record names. Format: `src/lib/schema.ts` of OpenModelDB/open-model-database.
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from srbench.core import paths
from srbench.core.assets import AssetStore, PinnedFile
from srbench.errors import DownloadError, MissingWeights, UnknownName, UserError
from srbench.models import given_file
from srbench.models.model import Model

PREFIX = "openmodeldb:"

_RECORD = "https://raw.githubusercontent.com/OpenModelDB/open-model-database/main/data/models/{}.json"
_ALL = "https://openmodeldb.info/api/v1/models.json"
_FRESH_S = 24 * 3600.0
_MOST_SCALE = 8
_SEARCH = 'srbench models --openmodeldb "WORDS" searches the catalogue'


@dataclass(frozen=True)
class Resource:
    """A file of a model.

    Attributes:
        kind: Ending of its name, as "pth".
        size_bytes: Its size; None where it is not known.
        sha256: Its SHA-256; empty where the record has none.
        urls: Links to it, of which some lead to a page and not to the file.
    """

    kind: str
    size_bytes: int | None
    sha256: str
    urls: tuple[str, ...]

    @property
    def direct(self) -> tuple[str, ...]:
        """The links that lead to the file itself: the name of a file ends their path."""
        parts = [(url, urlsplit(url)) for url in self.urls]
        named = [(url, part) for url, part in parts if PurePosixPath(part.path).suffix == f".{self.kind}"]
        return tuple(url for url, part in named if part.scheme in ("http", "https") and "/blob/" not in part.path)


@dataclass(frozen=True)
class Record:
    """What the catalogue says of a model.

    Attributes:
        id: Its name in the catalogue, as "4x-realesrgan-x4plus".
        author: Who made it; several are separated by commas.
        licence: SPDX expression; empty where none is stated.
        architecture: Kind of network, as the catalogue calls it.
        scale: Upscaling factor.
        channels: Channels that it takes and that it gives.
        resources: Its files for PyTorch.
        words: All of its text, in which a search looks.
    """

    id: str
    author: str
    licence: str
    architecture: str
    scale: int
    channels: tuple[int, int]
    resources: tuple[Resource, ...] = field(repr=False)
    words: str = field(repr=False, default="")

    @property
    def non_commercial(self) -> bool:
        """Whether the licence forbids commercial use: it has "NC" or says so in words."""
        return bool(re.search(r"(^|[^a-z])nc([^a-z]|$)|non-?commercial", self.licence.lower()))

    @property
    def terms(self) -> str:
        """Author and licence, for a note."""
        limit = ", not for commercial use" if self.non_commercial else ""
        return f"by {self.author or 'nobody named'}, {self.licence or 'no licence stated'}{limit}"

    @property
    def obtainable(self) -> str:
        """Say in two or three words whether its file can be had: fetched, by hand, or not used here."""
        if self.hindrance():
            return "not used here"
        return "can be fetched" if any(each.sha256 and each.direct for each in self.resources) else "by hand"

    def as_dict(self) -> dict[str, Any]:
        """Return what the record says, for JSON."""
        said = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "words"}
        resources = [{**asdict(each), "direct": each.direct} for each in self.resources]
        further = {"non_commercial": self.non_commercial, "file": self.obtainable, "hindrance": self.hindrance()}
        return {**said, "resources": resources, **further}

    def hindrance(self) -> str:
        """Say why the model cannot be used here whatever its files are; empty where it may be."""
        if not 1 <= self.scale <= _MOST_SCALE:
            return f"it upscales by {self.scale}; expected 1 to {_MOST_SCALE}"
        if self.channels != (3, 3):
            return f"it takes {self.channels[0]} channels and gives {self.channels[1]}; expected RGB to RGB"
        if not self.resources:
            return "it has no file for PyTorch; others are not read"
        if not any(resource.sha256 for resource in self.resources):
            return f"its record has no SHA-256; get the file yourself and name its path: {self.resources[0].urls[0]}"
        return ""


def load(id_: str, scale: int | None, store: AssetStore) -> Model:
    """Return a model of the catalogue; its record is fetched, and its file by the SHA-256 in it.

    Args:
        id_: Name in the catalogue.
        scale: Upscaling factor; None for the model's own.
        store: Source of files; its folders of weights are searched by content first.

    Raises:
        UnknownName: The catalogue has no such model.
        MissingWeights: The record or the file cannot be had.
        UserError: The model is of a kind that cannot run here.
    """
    record = fetch_record(id_, store)
    if hindrance := record.hindrance():
        raise UserError(f"openmodeldb:{record.id} cannot run: {hindrance}")
    path = _weights(record, store)
    model = given_file.from_weights(path, scale)
    said = {"catalogue": f"{PREFIX}{record.id}", "author": record.author, "licence": record.licence}
    return replace(
        model,
        id=record.id,
        origin=f"{PREFIX}{record.id}, {record.terms}",
        published={**said, "sha256": next(r.sha256 for r in record.resources if r.sha256)},
    )


def fetch_record(id_: str, store: AssetStore) -> Record:
    """Return the record of a model, from a folder at hand, the cache or the network.

    Raises:
        UnknownName: The catalogue has no such model.
        MissingWeights: It cannot be reached.
        UserError: What came is no record.
    """
    if not re.fullmatch(r"\w[\w.-]*", id_):
        raise UnknownName(f"'{id_}' is no name of OpenModelDB, as 4x-realesrgan-x4plus is one. {_SEARCH}")
    try:
        path = store.fetch(PinnedFile(f"openmodeldb/models/{id_}.json", "", None, _RECORD.format(id_)))
    except DownloadError as error:
        if " answered 404" in str(error):
            raise UnknownName(f"OpenModelDB has no model '{id_}'. {_SEARCH}") from error
        raise MissingWeights(f"the record of {PREFIX}{id_} could not be fetched: {error}") from error
    try:
        return read(id_, json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is no record of OpenModelDB ({error!r}); delete it and try again") from error


def read(id_: str, record: Mapping[str, Any]) -> Record:
    """Read one record of the catalogue.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: It is none.
    """
    author, resources = record["author"], record["resources"]
    author = author if isinstance(author, str) else ", ".join(map(str, author or ()))
    torch = [_resource(each) for each in resources if each["platform"] == "pytorch"]
    tags = " ".join(map(str, record.get("tags") or ()))
    scale = int(record["scale"])
    words = (id_, record["name"], author, tags, record["architecture"], f"{scale}x", record.get("description") or "")
    return Record(
        id=id_,
        author=author,
        licence=str(record["license"] or ""),
        architecture=str(record["architecture"]),
        scale=scale,
        channels=(int(record["inputChannels"]), int(record["outputChannels"])),
        resources=tuple(resource for resource in torch if resource.urls),
        words=" ".join(map(str, words)).lower(),
    )


def search(words: str, store: AssetStore) -> tuple[list[Record], int]:
    """Return the records that hold all words, those with more of them in their name first, and how many there are.

    The list of the catalogue is kept for a day; an older one serves where no newer one can be had.

    Args:
        words: Words, in any case and order; each may be a part of one in the record.
        store: Source of files.

    Raises:
        MissingWeights: The catalogue cannot be reached.
        UserError: What came is no catalogue.
    """
    path = _catalogue(store)
    wanted = words.lower().split()
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        records = [read(id_, record) for id_, record in known.items()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is no catalogue of OpenModelDB ({error!r}); delete it and search again") from error
    found = [record for record in records if all(word in record.words for word in wanted)]
    return sorted(found, key=lambda record: (-sum(word in record.id.lower() for word in wanted), record.id)), len(known)


def _catalogue(store: AssetStore) -> Path:
    file = PinnedFile("openmodeldb/models.json", "", None, _ALL)
    kept = paths.cache_folder() / file.path
    try:
        if store.at_hand(file) != kept or time.time() - kept.stat().st_mtime < _FRESH_S:
            return store.fetch(file)
        try:
            newer = store.fetch(replace(file, path="openmodeldb/newer.json"))
        except DownloadError:
            return kept
        return newer.replace(kept)
    except DownloadError as error:
        raise MissingWeights(f"the list of OpenModelDB could not be fetched: {error}") from error


def _resource(record: Mapping[str, Any]) -> Resource:
    size = record.get("size")
    return Resource(
        kind=str(record["type"]),
        size_bytes=None if size is None else int(size),
        sha256=str(record.get("sha256") or "").lower(),
        urls=tuple(map(str, record.get("urls") or ())),
    )


def _weights(record: Record, store: AssetStore) -> Path:
    """Find the file of a model by its content, or fetch it from one of the links that lead to a file."""
    reasons = []
    for resource in (resource for resource in record.resources if resource.sha256):
        files = [
            PinnedFile(f"weights/openmodeldb/{record.id}.{resource.kind}", resource.sha256, resource.size_bytes, url)
            for url in resource.direct or (None,)
        ]
        if path := store.at_hand(files[0]):
            return path
        for file in files:
            try:
                return store.fetch(file)
            except DownloadError as error:
                reasons.append(str(error))
        if not resource.direct:
            reasons[-1:] = [f"{', '.join(resource.urls)} is no file that a program can fetch"]
        reasons.append(f"expected sha256 {resource.sha256}")
    raise MissingWeights(
        f"the weights of {PREFIX}{record.id} could not be had: {'; '.join(reasons)}. Get the file by hand and give its "
        "folder as --weights-root"
    )
