"""`srbench datasets` and `srbench datasets pin`."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console, listing, options
from srbench.core.files import require_place
from srbench.errors import BadData

datasets = typer.Typer(invoke_without_command=True)


@datasets.callback()
def list_datasets(context: typer.Context, json: options.Json = False) -> None:
    """List the data sets: images, licences, where they come from."""
    if context.invoked_subcommand is None:
        listing.datasets(json)


@datasets.command()
def pin(
    folder: Annotated[Path, typer.Argument(help="Folder that holds the HR images of one data set.")],
    url_base: Annotated[str, typer.Option(help="Address of a folder from which the same files can be downloaded.")],
    out: Annotated[Path | None, typer.Option(help="Manifest to write; FOLDER's name and .json by default.")] = None,
    force: options.Replace = False,
    json: options.Json = False,
) -> None:
    """Write a manifest of the images in a folder, which pins a data set of your own.

    The manifest lists the name, address, size in bytes and SHA-256 of each file, and the SHA-256 of its pixels. Put it
    beside the module of a data set and name it there: manifest="NAME.json".
    """
    from srbench.datasets import manifest, pinning

    target = out or Path(f"{folder.resolve().name}.json")
    if target.exists() and not force:
        raise BadData(f"{target} is there already; give another --out, or replace it with --force")
    require_place(target)
    content = pinning.pin(folder, url_base)
    try:
        manifest.write(target, content)
    except OSError as error:
        raise BadData(f"{target} could not be written ({error.strerror}); give another --out") from error
    count = len(content["images"])
    if json:
        console.print_json({"manifest": str(target), "images": count})
    else:
        console.out.print(f"{target} pins {count} image{'' if count == 1 else 's'} of {folder}", soft_wrap=True)
