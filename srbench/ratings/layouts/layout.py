"""What a layout of files of ratings has to define, and what reading one gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from srbench.ratings.import_options import ImportOptions
from srbench.ratings.table import Table
from srbench.ratings.table_io import Source

Kind = Literal["votes", "pairs", "means"]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Ratings of a file, one in a row, in columns of our names.

    Attributes:
        kind: Votes, answers to comparisons, or averages.
        table: Cells by our names of the columns.
        origin: Names that the file has for the columns, by ours.
        unused: Columns of the file that were not used.
        said: Choices of the reader that must be said.
        milliseconds: Whether times are in milliseconds; None where their size has to tell.
    """

    kind: Kind
    table: Table
    origin: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    milliseconds: bool | None = None


@dataclass(frozen=True)
class Layout:
    """A way in which ratings are stored.

    Attributes:
        name: Name, as it stands in the lines about what was read.
        recognises: Whether a file is of this layout.
        read: Turns such a file into ratings.
    """

    name: str
    recognises: Callable[[Source, ImportOptions], bool]
    read: Callable[[Source, ImportOptions], Sheet]
