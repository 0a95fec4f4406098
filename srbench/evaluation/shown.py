"""Which of a folder's rows are shown.

Of each data set the images of its newest call, and of each model the content of its newest call.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from srbench.evaluation import segments
from srbench.evaluation.pipeline import PIPELINE
from srbench.evaluation.plan_order import in_plan_order
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import WHOLE_SET, Row

_Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """The rows of a folder that stand side by side, and what became of the others.

    Attributes:
        rows: One row for each model, data set, image, metric, mode and device.
        notes: What changed since older rows were made, and how many are hidden; rows of an older pipeline.
    """

    rows: list[Row]
    notes: list[str] = field(default_factory=list)

    def notes_of(self, names: Collection[str]) -> list[str]:
        """Return the notes of some models and data sets, by their names in tables."""
        return [note for note in self.notes if any(note.startswith(f"{name}: ") for name in names)]


def shown(folder: RunFolder) -> Shown:
    """Choose the rows of a folder.

    Args:
        folder: Folder of a run.

    Raises:
        BadRun: The folder holds no run, or one of another version.
    """
    rows, calls = folder.rows(), folder.head()["calls"]
    return choose(in_plan_order(rows, calls) if segments.paths(folder.path) else rows, calls)


def choose(rows: Sequence[Row], calls: Sequence[_Facts]) -> Shown:
    """Choose rows of one pipeline version for each data set, and of one content for each name.

    Args:
        rows: All rows, oldest first.
        calls: Calls of run.json, oldest first.
    """
    versions = newest_versions(rows)
    present = [row for row in rows if row.pipeline == versions[row.dataset]]
    models, sets = newest_models(present, calls), newest_sets(present, calls)
    chosen: dict[tuple[str, ...], Row] = {}
    for row in present:
        if row.identity == models[row.pipeline, row.model] and sets[row.pipeline, row.dataset].holds(row):
            chosen[row.dataset, row.model, row.device, row.mode, row.image, row.metric] = row
    hidden = [row for row in present if row.identity != models[row.pipeline, row.model]]
    notes = [*_changed_models(hidden, models, calls), *_changed_images(present, sets), *_old_pipelines(rows, versions)]
    return Shown(list(chosen.values()), notes)


def methods(calls: Iterable[_Facts]) -> dict[str, str]:
    """Return the method of each model that is one of its seeds, as the newest call that has the model says.

    Args:
        calls: Calls of run.json, oldest first.
    """
    newest = {name: facts.get("method", "") for call in calls for name, facts in call.get("models", {}).items()}
    return {name: method for name, method in newest.items() if method}


def newest_versions(rows: Iterable[Row]) -> dict[str, int]:
    """Return the pipeline version that is shown of each data set: the present one, or that of its newest rows."""
    versions: dict[str, int] = {}
    for row in rows:
        if versions.get(row.dataset) != PIPELINE:
            versions[row.dataset] = row.pipeline
    return versions


def newest_models(rows: Iterable[Row], calls: Iterable[_Facts]) -> dict[tuple[int, str], str]:
    """Return the fingerprint of each model by pipeline version: of its newest call, or of its newest row."""
    newest = {(row.pipeline, row.model): row.identity for row in rows}
    for call in calls:
        for name, facts in call.get("models", {}).items():
            if "fingerprint" in facts:
                newest[call["pipeline"], name] = facts["fingerprint"]
    return newest


@dataclass(frozen=True)
class Images:
    """The images of a data set in a call.

    Attributes:
        contents: HR and LR hashes by image; that of all images together under the name of the whole set.
    """

    contents: Mapping[str, tuple[str, str]]

    def holds(self, row: Row) -> bool:
        """Tell whether a row is of one of the images, and of its content."""
        return self.contents.get(row.image) == (row.hr, row.lr)


def newest_sets(rows: Iterable[Row], calls: Iterable[_Facts]) -> dict[tuple[int, str], Images]:
    """Return the images of each data set by pipeline version: those of its newest call, or of its newest rows."""
    contents: dict[tuple[int, str], dict[str, tuple[str, str]]] = {}
    for row in rows:
        contents.setdefault((row.pipeline, row.dataset), {})[row.image] = (row.hr, row.lr)
    for call in calls:
        for name, facts in call.get("datasets", {}).items():
            if "files" in facts:
                of_images = {image: (file["hr_sha256"], file["lr_sha256"]) for image, file in facts["files"].items()}
                contents[call["pipeline"], name] = of_images | {WHOLE_SET: (facts["content"], "")}
    return {place: Images(of) for place, of in contents.items()}


def _changed_models(hidden: Iterable[Row], models: Mapping[tuple[int, str], str], calls: Iterable[_Facts]) -> list[str]:
    """Say for each model with rows of another content what changed, and how many rows are hidden."""
    facts = {
        (name, of["fingerprint"]): of
        for call in calls
        for name, of in call.get("models", {}).items()
        if "fingerprint" in of
    }
    groups: dict[tuple[int, str], list[Row]] = {}
    for row in hidden:
        groups.setdefault((row.pipeline, row.model), []).append(row)
    lines = []
    for (pipeline, name), rows in groups.items():
        now = models[pipeline, name]
        what, before, after = _difference(facts.get((name, rows[-1].identity)), facts.get((name, now)))
        hashes = f"{before or rows[-1].identity[:4]}… to {after or now[:4]}…"
        lines.append(f"{name}: {what} changed ({hashes}), {_count(len(rows), 'older row')} hidden")
    return lines


def _difference(old: _Facts | None, new: _Facts | None) -> tuple[str, str, str]:
    """Name the part of a model that changed, with the first digits of its hash before and after."""
    if old is None or new is None:
        return "content", "", ""
    for what, keys in (("weights", ("weights", "tensors")), ("source", ("source", "beside", "entry_point", "version"))):
        before, after = ([part for key in keys for part in _hashes(of.get(key))] for of in (old, new))
        if before != after:
            pairs = [pair for pair in zip(before, after, strict=False) if pair[0] != pair[1]]
            first = pairs[0] if pairs else ("", "")
            return what, first[0][:4], first[1][:4]
    return "settings", "", ""


def _hashes(part: object) -> list[str]:
    if isinstance(part, Mapping):
        return [digest for value in part.values() for digest in _hashes(value)]
    return [str(part)] if part else []


def _changed_images(rows: Sequence[Row], sets: Mapping[tuple[int, str], Images]) -> list[str]:
    """Say for each data set how many of its images changed; images that a smaller call left out did not."""
    lines = []
    for (pipeline, dataset), images in sets.items():
        of_set = [row for row in rows if (row.pipeline, row.dataset) == (pipeline, dataset) and row.image != WHOLE_SET]
        old = [row for row in of_set if row.image in images.contents and not images.holds(row)]
        if old:
            now = images.contents[old[-1].image]
            before, after = (old[-1].hr, now[0]) if old[-1].hr != now[0] else (old[-1].lr, now[1])
            count = _count(len({row.image for row in old}), "image")
            lines.append(
                f"{dataset}: {count} changed ({before[:4]}… to {after[:4]}…), {_count(len(old), 'older row')} hidden"
            )
    return lines


def _old_pipelines(rows: Iterable[Row], versions: Mapping[str, int]) -> list[str]:
    """Say which tables are of old rows, and how many rows of another version are hidden behind new ones."""
    rows = list(rows)
    lines = []
    for dataset, version in versions.items():
        if version != PIPELINE:
            lines.append(
                f"{dataset}: old rows, made by version {version} of the pipeline; they do not compare with those of "
                f"version {PIPELINE}. Run it again for new ones"
            )
        others = [row for row in rows if row.dataset == dataset and row.pipeline != version]
        if others:
            old = ", ".join(map(str, sorted({row.pipeline for row in others})))
            lines.append(f"{dataset}: {_count(len(others), 'row')} of version {old} of the pipeline hidden")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
