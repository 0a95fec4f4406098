"""An ablation of training: HR alone, a teacher's answers alone, both; L1, MSE; BatchNorm frozen at the end or not.

    python -m benchmarks.ablation --photographs PHOTOGRAPHS --weights-root WEIGHTS

The folder holds BSDS500_train and BSDS500_test, of which ten images are held out and judge. Every way of the twelve is
trained from the same weights once for each seed: a small SRResNet, a thousand updates. The same command again trains
only what is missing. `--short` shows in seconds on any photographs that it works.
"""

import argparse
import itertools
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import torch

from srbench.core.assets import AssetStore
from srbench.core.environment import describe
from srbench.core.paths import weights_roots
from srbench.training import recipe as recipes
from srbench.training import setup
from srbench.training.recipe import Recipe
from srbench.training.trainer import LoopSettings, Trainer
from srbench.training.validation import Validation

_DATA = {"HR": 0.0, "teacher": 1.0, "both": 0.5}
"""Share of the teacher's answers in each batch."""
_LOSSES = {"L1": "l1", "MSE": "mse"}
_ENDS = {"not frozen": False, "frozen": True}
_END = 0.15
"""Part of the updates, at the end, in which BatchNorm may be frozen."""
_SMALL = ["generator.settings.blocks=2", "generator.settings.channels=16", "data.patch_px=48", "data.batch=8"]
_SHORT = ["generator.settings.blocks=1", "generator.settings.channels=8", "data.patch_px=32", "data.batch=2"]
_LEAD = """# What of the taught recipe helps: a small ablation

PSNR-Y [dB] on ten held-out photographs of BSDS500 (classical_x4), the mean over seeds ({seeds}) and, in brackets, the
lowest and the highest. Each number is of a small SRResNet (2 blocks of 16 channels) after {steps} updates of 8 patches
of 48 px, the moving average of its weights; the last 15 % of the updates have a lower rate, with BatchNorm's statistics
frozen or not. The teacher is {teacher}. No test set was looked at.

So small a network after so few updates says which way a choice points, not how much a long training gains: the shipped
srresnet saw {more} times as many updates.

"""


@dataclass(frozen=True)
class Way:
    """One way of training.

    Attributes:
        data: What is learnt: "HR", "teacher" or "both".
        loss: "L1" or "MSE".
        end: Whether BatchNorm's statistics are frozen at the end: "frozen" or "not frozen".
        seed: Seed of weights and samples.
    """

    data: str
    loss: str
    end: str
    seed: int

    @property
    def name(self) -> str:
        """Name of its folder."""
        return "-".join((self.data, self.loss, self.end.replace(" ", "-"), str(self.seed))).lower()


def main(words: Sequence[str] | None = None) -> int:
    """Train what is missing, and write the tables."""
    wanted = _arguments(words)
    ways = [Way(*way, seed=seed) for seed in wanted.seeds for way in itertools.product(_DATA, _LOSSES, _ENDS)]
    torch.set_num_threads(wanted.threads)
    for way in ways:
        folder = wanted.runs / way.name
        if not (folder / "result.json").exists():
            result = {**asdict(way), "psnr": _train(way, wanted, folder)}
            (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
            print(result, flush=True)
    results = pd.DataFrame([json.loads((wanted.runs / w.name / "result.json").read_text("utf-8")) for w in ways])
    wanted.out.mkdir(parents=True, exist_ok=True)
    results.to_csv(wanted.out / "ablation.csv", index=False)
    (wanted.out / "ablation.md").write_text(_page(results, wanted), encoding="utf-8")
    return 0


def recipe_of(way: Way, steps: int, teacher: str, short: bool) -> Recipe:
    """Return the recipe of one way: zoo_srresnet_taught, smaller.

    Args:
        way: The way.
        steps: Number of updates.
        teacher: Model that teaches.
        short: Whether it is to take seconds, on any folder of photographs.
    """
    share, last = _DATA[way.data], max(1, round(_END * steps))
    changes = [*(_SHORT if short else _SMALL), f"seed={way.seed}", f"teacher={teacher if share else ''}"]
    changes += [f"teacher_share={share}"] if share else []
    changes += (
        ["data.folders=['.']", "data.held_out=[]"] if short else ["data.folders=['BSDS500_train','BSDS500_test']"]
    )
    changes += ["ema=0.9" if short else "ema=0.99", f"phases.0.steps={steps - last}", f"phases.1.steps={last}"]
    changes += ["phases.0.optimizer.lr=2e-3", "phases.0.schedule.warmup=20", "phases.1.optimizer.lr=1e-4"]
    changes += [f"phases.{at}.losses.0.criterion={_LOSSES[way.loss]}" for at in (0, 1)]
    changes += [f"phases.1.frozen_statistics={str(_ENDS[way.end]).lower()}"]
    return recipes.load("zoo_srresnet_taught", changes)


def _train(way: Way, wanted: argparse.Namespace, folder: Path) -> float:
    """Train one way, from the last checkpoint if there is one, and return its PSNR on the held-out photographs."""
    recipe = recipe_of(way, wanted.steps, wanted.teacher, wanted.short)
    fabric = setup.launch(setup.DeviceSettings("cpu"), recipe)
    store = AssetStore(weights_roots(wanted.weights_root))
    teacher = setup.find_teacher(recipe, store, fabric)
    patches, images = setup.build_dataset(recipe, wanted.photographs, 1024, teacher=teacher)
    validation = Validation(images.held_out, recipe, fabric.device)
    generator = setup.build_generator(recipe, store)
    loop = LoopSettings(validate_every=recipe.steps, save_every=recipe.steps, workers=0)
    trainer = Trainer(recipe, generator, patches, validation, folder, fabric, store, loop)
    return trainer.run(resume=(folder / "last.ckpt").exists()).best


def _page(results: pd.DataFrame, wanted: argparse.Namespace) -> str:
    lead = _LEAD.format(
        seeds=", ".join(map(str, wanted.seeds)),
        steps=wanted.steps,
        teacher=f"`{wanted.teacher}`",
        more=round(41_477 / wanted.steps),
    )
    machine = describe(torch.device("cpu"))
    seeds = " ".join(map(str, wanted.seeds))
    made = "Made by `python -m benchmarks.ablation --photographs PHOTOGRAPHS --weights-root WEIGHTS "
    made += f"--steps {wanted.steps} --teacher {wanted.teacher} --seeds {seeds}` "
    made += f"on {machine['cpu']}, torch {machine['packages']['torch']}.\n"
    return lead + "\n\n".join([_means(results), _effects(results), made])


def _means(results: pd.DataFrame) -> str:
    lines = [f"| learnt | loss | {' | '.join(_ENDS)} |", "|---|---|---:|---:|"]
    for data, loss in itertools.product(_DATA, _LOSSES):
        cells = []
        for end in _ENDS:
            psnr = results[(results.data == data) & (results.loss == loss) & (results.end == end)].psnr
            cells.append(f"{psnr.mean():.2f} ({psnr.min():.2f} to {psnr.max():.2f})")
        lines.append(f"| {data} | {loss} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _effects(results: pd.DataFrame) -> str:
    """Say what each choice changes, all else equal, for each seed: what seeds agree on is more than their spread."""
    seeds = sorted(results.seed.unique())
    lines = [
        f"| all else equal | mean | {' | '.join(f'seed {seed}' for seed in seeds)} |",
        "|---|---:|" + "---:|" * len(seeds),
    ]
    for factor, there, here in (
        ("data", "both", "HR"),
        ("data", "teacher", "HR"),
        ("data", "both", "teacher"),
        ("loss", "L1", "MSE"),
        ("end", "frozen", "not frozen"),
    ):
        means = results.groupby([factor, "seed"]).psnr.mean()
        by_seed = [means[there, seed] - means[here, seed] for seed in seeds]
        numbers = " | ".join(f"{difference:+.3f}" for difference in (sum(by_seed) / len(by_seed), *by_seed))
        lines.append(f"| {there} less {here} [dB] | {numbers} |")
    return "\n".join(lines)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks.ablation", description=__doc__)
    parser.add_argument("--photographs", type=Path, required=True, help="folder of BSDS500_train and BSDS500_test")
    parser.add_argument("--weights-root", type=Path, help="folder of weights that are at hand")
    parser.add_argument("--teacher", default="imdn", help="model whose answers are learnt")
    parser.add_argument("--steps", type=int, default=1000, help="number of updates")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="one training of each way for each")
    parser.add_argument("--threads", type=int, default=2, help="number of CPU threads")
    parser.add_argument("--short", action="store_true", help="tiny networks on any photographs: does it work?")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"), help="folder of the runs")
    parser.add_argument("--out", type=Path, default=Path("reports/training"), help="folder of the tables")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
