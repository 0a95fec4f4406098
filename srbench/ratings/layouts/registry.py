"""All layouts, and which one a file has."""

from srbench.ratings.import_options import ImportOptions
from srbench.ratings.layouts import averages, avrate, jspsych, label_studio, pairs, votes, wide
from srbench.ratings.layouts.layout import Layout
from srbench.ratings.table_io import Source

LAYOUTS = (
    *(label_studio.LAYOUT, jspsych.LAYOUT, avrate.LAYOUT),
    *(pairs.LAYOUT, averages.LAYOUT, wide.LAYOUT, votes.LAYOUT),
)
"""Those of other software first, which are known by more than one column; the first that recognises a file reads it."""


def layout_of(source: Source, options: ImportOptions) -> Layout:
    """Return the layout of a file; the one of votes, whose messages name all columns, where none recognises it."""
    return next((layout for layout in LAYOUTS if layout.recognises(source, options)), votes.LAYOUT)
