"""The one writer of CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def comma_separated(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    r"""Write records as CSV in full precision, a line each; None and missing values are empty.

    Args:
        columns: Names of the columns, in their order.
        rows: Records whose keys are among the columns.

    Examples:
        >>> comma_separated(("model", "psnr"), [{"model": "a,b", "psnr": 28.5}, {"model": "c"}])
        'model,psnr\n"a,b",28.5\nc,\n'
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    loud = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    for row in rows:
        cells = [row.get(name) for name in columns]
        # The plain writer leaves a lone carriage return unquoted, which reads back as the end of a line.
        (loud if any(isinstance(cell, str) and "\r" in cell for cell in cells) else writer).writerow(cells)
    return out.getvalue()
