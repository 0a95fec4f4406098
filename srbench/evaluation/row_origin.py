"""Where the model and the data set of a stored row are found again."""

from dataclasses import dataclass
from pathlib import Path

from srbench.datasets import catalogue
from srbench.errors import BadRun, UnknownName, UserError
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import Row


@dataclass(frozen=True)
class Origin:
    """What makes a row anew.

    Attributes:
        row: The row.
        model: Name of the model as `srbench run --models` takes it; the folder of images that other software made.
        dataset: Id or folder of the data set.
    """

    row: Row
    model: str
    dataset: str


def find(key: str, folder: RunFolder) -> Origin:
    """Return the origin of the row that a key, or the beginning of one, means.

    Raises:
        UnknownName: There is none.
        UserError: There are several.
        BadRun: The folder does not say where the data set is.
    """
    found = [row for row in folder.rows() if row.key.startswith(key)]
    if not found:
        raise UnknownName(f"no row of {folder.path} has a key that begins with '{key}'; the keys are in its rows.jsonl")
    if len(found) > 1:
        raise UserError(f"'{key}' begins the keys of {len(found)} rows of {folder.path}; give more of its digits")
    (row,) = found
    model, dataset = row.model, row.dataset
    for call in folder.head()["calls"]:
        model = call["models"].get(row.model, {}).get("place") or model
        file = call["datasets"].get(row.dataset, {}).get("files", {}).get(row.image)
        if file and row.dataset.lower() not in catalogue.catalogue():
            dataset = str(Path(file["hr"]).parent)
    if dataset == row.dataset and dataset.lower() not in catalogue.catalogue():
        raise BadRun(
            f"{folder.path} does not say where {row.dataset} is; give the model and --image FOLDER/{row.image}"
        )
    return Origin(row, model, dataset)


def stored(folder: RunFolder, model: str, image: str, hr_sha256: str, protocol: str) -> dict[str, Row]:
    """Return the newest rows of one output by metric.

    Args:
        folder: Folder of the run.
        model: Id of the model.
        image: Name of the image in its data set.
        hr_sha256: Hash of the original, as rows have it.
        protocol: Name of the protocol.
    """
    place = (model, image, hr_sha256, protocol)
    return {row.metric: row for row in folder.rows() if (row.model, row.image, row.hr, row.protocol) == place}
