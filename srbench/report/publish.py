"""What all reports have in common: the formats of a page, and writing files into a folder."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from srbench.core import files as files_on_disk
from srbench.errors import BadRun
from srbench.report.formats import html, latex, markdown
from srbench.report.table import Page

PAGES: Mapping[str, Callable[[Page], str]] = {"md": markdown.page, "latex": latex.page, "html": html.page}
"""Writers of a whole page, by the name of the format."""


def write_files(folder: Path, files: Mapping[str, str | bytes], stale: Sequence[Path] = ()) -> list[Path]:
    """Write files whole or not at all, and remove those of an earlier report.

    Args:
        folder: Folder of the report; it is made where it is missing.
        files: Contents by name.
        stale: Files to remove first.

    Returns:
        Paths of what was written.

    Raises:
        BadRun: The folder cannot be written.
    """
    try:
        for path in stale:
            path.unlink(missing_ok=True)
        for name, content in files.items():
            files_on_disk.write(folder / name, content)
    except OSError as error:
        raise BadRun(f"{folder} cannot hold a report ({error.strerror}); choose another folder") from error
    return [folder / name for name in files]
