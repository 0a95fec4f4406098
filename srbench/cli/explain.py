"""`srbench explain`."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench import protocol as protocols
from srbench.cli import console, options
from srbench.cli.names import metric_names, model_names, refuse_unknown
from srbench.core.paths import weights_roots
from srbench.errors import UnknownName, UserError

if TYPE_CHECKING:
    from srbench.core.assets import AssetStore
    from srbench.datasets.locate import ImageSet
    from srbench.evaluation.convention_outputs import Source
    from srbench.evaluation.convention_scores import ConventionScores
    from srbench.evaluation.conventions import Convention
    from srbench.evaluation.row import Row
    from srbench.models.mode import Mode
    from srbench.protocol import Protocol
    from srbench.report.table import Table

_KEY = re.compile(r"[0-9a-f]{6,16}")
_AXES = {
    "psnr": ("channel", "border", "sr", "mean", "grey", "crop", "content", "lr"),
    "ssim": ("ssim", "channel", "border", "sr", "grey", "crop", "content", "lr"),
}
_LPIPS = ("lpips.alex", "lpips.vgg", "lpips.squeeze")
_OTHERS = ("sr", "crop", "content", "lr")


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|METRIC|ROW",
            help="A model, as srbench run --models takes it, or a folder of images that it made; a metric; or the key "
            "of a row of --run.",
        ),
    ],
    image: Annotated[str, typer.Option(help="One image, step by step: DATASET/NAME, as set5/butterfly.")] = "",
    datasets: Annotated[
        list[str], typer.Option(help="Data sets whose means are explained; ids or folders of HR images.")
    ] = [],  # noqa: B006
    printed: Annotated[
        list[str],
        typer.Option(
            help="Scores as they are printed, PSNR or PSNR/SSIM for each data set, as 28.42/.8104: which conventions "
            "give them?"
        ),
    ] = [],  # noqa: B006
    run: Annotated[Path | None, typer.Option(help="Folder of a run whose stored rows the steps are compared with.")] = (
        None
    ),
    protocol: options.ProtocolName = protocols.DEFAULT,
    metrics: options.Metrics = ["psnr,ssim"],  # noqa: B006
    pairs: options.Pairs = "",
    device: options.Device = "auto",
    data_root: options.DataRoot = None,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    json: options.Json = False,
) -> None:
    """Explain a score: its steps, what other conventions give and who uses them, or which conventions were printed.

    With --image the steps of one image, each with its size, range and number. With --datasets the means under each
    convention that circulates. With --printed the way back: the conventions that give all printed digits.
    """
    conventions = protocols.find(protocol)
    if printed:
        from srbench.evaluation.printed import parse

        for text in options.split(printed):
            parse(text)
        if len(options.split(printed)) != len(options.split(datasets) if datasets else []):
            raise UserError(
                f"--printed {','.join(printed)} has {len(options.split(printed))} scores; expected one for each data "
                "set of --datasets, in their order, with decimal points"
            )
    if subject.lower() in metric_names() and not (image or datasets):
        _metric(subject.lower(), json=json)
        return
    row = None
    if run is not None and _KEY.fullmatch(subject):
        from srbench.evaluation import row_origin
        from srbench.evaluation.results import RunFolder

        origin = row_origin.find(subject, RunFolder(run))
        row, subject, image = origin.row, origin.model, f"{origin.dataset}/{origin.row.image}"
        conventions, metrics = protocols.find(row.protocol), [row.metric]
    if bool(image) == bool(datasets):
        raise UserError(
            "expected --image DATASET/NAME for the steps of one image, or --datasets for means; a metric alone, or the "
            "key of a row with --run, needs neither"
        )
    names = options.split(datasets) if datasets else [image.rpartition("/")[0]]
    refuse_unknown(models=[] if _is_folder(subject) else [subject], datasets=names, metrics=options.split(metrics))
    from srbench.core.assets import AssetStore
    from srbench.core.device import pick_device
    from srbench.datasets.locate import locate
    from srbench.models.mode import parse as parse_mode

    store = AssetStore(weights_roots(weights_root), trust_unpinned=trust_unpinned)
    with console.fetching(store):
        sets = [locate(name, store, scale=conventions.scale, data_root=data_root) for name in names]
    if image:
        sets = [_one(sets[0], image.rpartition("/")[2])]
    mode = row.mode if row is not None and row.mode != "files" else "fp32"
    call = _Explained(subject, conventions, store, parse_mode(mode, str(pick_device(device))), pairs)
    if printed:
        call.search(sets, options.split(printed), json=json)
    else:
        call.show(sets, options.split(metrics), run, row, is_image=bool(image), json=json)


def _metric(name: str, *, json: bool) -> None:
    """Print the conventions that change a metric."""
    from dataclasses import asdict

    from srbench.evaluation.conventions import CHOICES
    from srbench.report.runs import explain as report

    axes = _AXES.get(name.partition(".")[0], _OTHERS)
    if json:
        console.print_json([asdict(choice) for choice in CHOICES if choice.axis in axes])
        return
    lead = ["What each of them gives for a model: srbench explain MODEL --datasets set5"]
    console.show(report.page(f"Conventions of {name}", lead, [report.choices_table(axes)]))


def _is_folder(subject: str) -> bool:
    """Tell whether a folder of pictures is meant; the id of a model is one, also beside a folder of its name."""
    return Path(subject).is_dir() and subject.lower() not in model_names()


def _one(images: "ImageSet", name: str) -> "ImageSet":
    """Return a data set of one image alone."""
    items = [item for item in images.items if item.name == name]
    if not items:
        known = [item.name for item in images.items]
        raise UnknownName.closest(f"image of {images.id}", name, known, ", ".join(known[:20]))
    return replace(images, items=tuple(items))


class _Explained:
    """A model or a folder of its pictures, to be explained."""

    def __init__(self, subject: str, protocol: "Protocol", store: "AssetStore", mode: "Mode", pairs: str) -> None:
        from srbench.evaluation import conventions

        self.subject = subject
        self.protocol = protocol
        self.store = store
        self.pairs = pairs
        self.base: Convention = conventions.of_protocol(protocol)
        self.upscaler: Any = None
        if _is_folder(subject):
            self.name = Path(subject).resolve().name
            return
        from srbench.models.select import select_one
        from srbench.models.user_code import contained

        with console.fetching(store):
            model = select_one(subject, store, protocol.scale)
        self.name = model.id
        with contained(model.id):
            self.upscaler = model.upscaler(mode)

    def source(self, images: "ImageSet") -> "Source":
        """Return where SR of a data set comes from."""
        from srbench.evaluation.convention_outputs import ModelSource, PictureSource, folder_pictures

        if self.upscaler is not None:
            return ModelSource(self.upscaler, images)
        pictures = folder_pictures(Path(self.subject), images, self.protocol.scale, self.pairs)
        return PictureSource(pictures, images, self.protocol.scale)

    def scores(self, images: "ImageSet") -> "ConventionScores":
        """Return the scores of a data set under any convention."""
        from srbench.evaluation.convention_scores import ConventionScores

        return ConventionScores(self.source(images), self.protocol.scale)

    def search(self, sets: "list[ImageSet]", texts: list[str], *, json: bool) -> None:
        """Print the conventions that give printed scores."""
        from srbench.evaluation import printed
        from srbench.models.user_code import contained
        from srbench.report.runs import explain as report

        wanted = [printed.parse(text) for text in texts]
        with console.bars() as progress, contained(self.name):
            found = printed.search([self.scores(images) for images in sets], self.base, wanted, progress)
        names = [images.id for images in sets]
        if json:
            console.print_json(report.search_record(found, self.base, names))
            return
        title = f"{self.name}: which conventions were printed?"
        console.show(report.page(title, [self.default], [report.search_table(names, wanted, self.base, found)]))

    @property
    def default(self) -> str:
        """What the default is, in a sentence."""
        return f"the default is {self.protocol.describe()}"

    def show(
        self,
        sets: "list[ImageSet]",
        metrics: list[str],
        run: Path | None,
        row: "Row | None",
        *,
        is_image: bool,
        json: bool,
    ) -> None:
        """Print the steps of an image, and what the conventions give."""
        from srbench.report.runs import explain as report

        tables: list[Table] = []
        record: dict[str, Any] = {"model": self.name, "protocol": self.protocol.as_dict()}
        if is_image:
            table, steps = self._steps(sets[0], metrics, run, row)
            tables.append(table)
            record |= steps
        for images in sets:
            scores = self.scores(images)
            scored = self._scored(scores)
            where = f"{images.id}/{images.items[0].name}" if is_image else f"mean of {images.id}"
            others = self._others(scores, [name for name in metrics if name.lower() not in ("psnr", "ssim")])
            tables.append(report.conventions_table(where, scored, others))
            record.setdefault("conventions", {})[where] = report.scored_record(scored)
            record.setdefault("others", {})[where] = others
        if json:
            console.print_json(record)
        else:
            console.show(report.page(f"{self.name}: what its scores are made of", [self.default], tables))

    def _scored(self, scores: "ConventionScores") -> Any:
        from srbench.evaluation import conventions, printed
        from srbench.models.user_code import contained
        from srbench.report.runs.explain import Scored

        asked = conventions.single_changes(self.base, printed.every_way([scores], self.base))
        with contained(self.name):
            return [Scored(each, scores.psnr(each), scores.ssim(each)) for each in asked]

    def _others(self, scores: "ConventionScores", names: list[str]) -> dict[str, float | str]:
        """Return the means of metrics beside PSNR and SSIM by the default; of LPIPS those of all its networks.

        A reason stands where a metric cannot be had.
        """
        from srbench.evaluation import scoring

        found: dict[str, float | str] = {}
        for name in (each for typed in names for each in (_LPIPS if typed.lower() == "lpips" else (typed,))):
            try:
                with console.fetching(self.store):
                    (scorer,) = scoring.scorers([name], self.protocol, self.store)
                found[name] = scores.mean(scorer, self.protocol, self.base)
            except UserError as error:
                found[name] = str(error)
        return found

    def _steps(
        self, images: "ImageSet", metrics: list[str], run: Path | None, row: "Row | None"
    ) -> "tuple[Table, dict[str, Any]]":
        from srbench.evaluation import row_origin, scoring, steps
        from srbench.evaluation.convention_outputs import folder_pictures
        from srbench.evaluation.results import RunFolder
        from srbench.models.user_code import contained
        from srbench.report.runs import explain as report

        with console.fetching(self.store):
            scorers = scoring.scorers(metrics, self.protocol, self.store)
        item = images.items[0]
        if self.upscaler is not None:
            with contained(self.name):
                walked = steps.walk(item, self.upscaler, self.protocol, scorers)
        else:
            picture = folder_pictures(Path(self.subject), images, self.protocol.scale, self.pairs)(item)
            walked = steps.walk_picture(item, picture, self.protocol, scorers)
        known: dict[str, Row] = {row.metric: row} if row else {}
        if run and not row:
            known = row_origin.stored(RunFolder(run), self.name, item.name, item.hr_sha256, self.protocol.name)
        endings = [
            report.Ending(name, value, *((known[name].value, known[name].key) if name in known else ()))
            for name, value in walked.values.items()
        ]
        name = f"{images.id}/{item.name}"
        return report.steps_table(name, walked, endings), report.steps_record(walked, endings)
