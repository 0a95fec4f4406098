"""`srbench verify`."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, options
from srbench.core.paths import weights_roots
from srbench.core.wording import counted
from srbench.errors import BadRun
from srbench.evaluation.results import RunFolder

if TYPE_CHECKING:
    from srbench.evaluation.verification import Verified

_SHOWN = 20


def verify(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    expect: Annotated[
        str, typer.Option(help="Hash that the rows must have, or its first 8 digits at least: as verify printed it.")
    ] = "",
    images: Annotated[int, typer.Option(min=0, help="Number of images that go through their models again.")] = 3,
    every: Annotated[bool, typer.Option("--all", help="Score every kept output, not a sample.")] = False,
    seed: Annotated[
        int | None, typer.Option(help="Draw the sample that this number stands for; a new one by default.")
    ] = None,
    device: options.Device = "auto",
    data_root: options.DataRoot = None,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    json: options.Json = False,
) -> None:
    """Compute a drawn sample of a run's rows again, and compare the hashes of rows, outputs, images and weights.

    Kept outputs are scored again: where 1 % of the scores were altered, one of them is found with a probability of
    99.9 %. A few images go through their models again. Exit code 3 says that something is not as it was stored.
    """
    folder = RunFolder(run)
    folder.head()  # a wrong folder is told before anything loads
    import torch

    from srbench.core.assets import AssetStore
    from srbench.core.device import pick_device, scoring_device
    from srbench.datasets.locate import locate
    from srbench.evaluation import verification
    from srbench.evaluation.inference_again import infer_again
    from srbench.evaluation.sampling import drawn, draws

    verified = verification.Verified(verification.digest(folder))
    _require(verified.digest, expect, run)
    seed = secrets.randbelow(2**32) if seed is None else seed
    verification.check_files(folder, verified)
    rows = verification.scores_of(folder)
    store = AssetStore(weights_roots(weights_root), trust_unpinned=trust_unpinned)
    scale = folder.head()["protocol"]["scale"]
    items = verification.items_of(folder, lambda name: locate(name, store, scale=scale, data_root=data_root).items)
    chosen = rows if every else drawn(rows, draws(len(rows)), seed)
    verified.rows, verified.drawn = len(rows), len(chosen)
    place = pick_device(device)
    with torch.no_grad(), console.bars() as progress:
        verification.Rescoring(folder, items, store, scoring_device(place)).check(chosen, verified, progress)
        outputs = drawn(
            list(dict.fromkeys((row.model, row.mode, row.dataset, row.image) for row in rows)), images, seed
        )
        again = [row for row in rows if (row.model, row.mode, row.dataset, row.image) in outputs]
        infer_again(folder, again, items, store, str(place), verified, progress)
    _show(verified, run, seed, json=json)
    if verified.wrong:
        raise typer.Exit(3)


def _require(digest: str, expect: str, run: Path) -> None:
    """Refuse a run whose rows have another hash than is expected.

    Raises:
        BadRun: They have, or too few digits are given.
    """
    wanted = expect.strip().lower()
    if wanted and (len(wanted) < 8 or not digest.startswith(wanted)):
        raise BadRun(
            f"the rows of {run} have the hash {digest}; expected {expect}: it is not the run that was verified"
        )


def _show(verified: "Verified", run: Path, seed: int, *, json: bool) -> None:
    if json:
        console.print_json(
            {
                **{"run": str(run), "hash": verified.digest, "seed": seed, "rows": verified.rows},
                **{"drawn": verified.drawn, "scored": verified.scored, "inferred": verified.inferred},
                **{"wrong": verified.wrong, "unchecked": verified.unchecked},
            }
        )
        return
    lines = [
        f"{run}: {counted(verified.rows, 'score')} of images, {verified.drawn:,} drawn (--seed {seed}); "
        f"{verified.scored:,} scored again from kept outputs, {verified.inferred:,} by running models again",
        *(f"not checked: {count:,} {why}" for why, count in verified.unchecked.items()),
        *(f"wrong: {line}" for line in verified.wrong[:_SHOWN]),
    ]
    if len(verified.wrong) > _SHOWN:
        lines.append(f"and {len(verified.wrong) - _SHOWN:,} more")
    verdict = f"{counted(len(verified.wrong), 'thing')} not as stored" if verified.wrong else "nothing differs"
    lines += [f"hash of the rows: {verified.digest}", verdict]
    console.out.print("\n".join(lines), soft_wrap=True, markup=False)
