"""The pictures of a report: where a click leads, and the disputed crops of the first page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from srbench.evaluation.disputed import Dispute
from srbench.report.viewer.publish import ViewerFiles

THUMBNAILS = "disputed"
"""Folder of the small pictures beside a page."""

_TITLES = {
    "models": "Where models disagree most",
    "metrics": "Where PSNR and LPIPS disagree most",
    "ranking": "Images that decide the ranking",
}
"""Headings by kind of dispute, in the order of the page."""


@dataclass(frozen=True)
class Gallery:
    """The pictures beside a page.

    Attributes:
        viewer: The viewer; None where there is none.
        thumbnails: Files of small pictures by name, named by `thumbnail_of` each for a dispute.
    """

    viewer: ViewerFiles | None = None
    thumbnails: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """File of the viewer; empty where it shows nothing."""
        return self.viewer.page.name if self.viewer and self.viewer.page else ""

    @property
    def left_out(self) -> Sequence[str]:
        """Sentences on what is not shown."""
        return self.viewer.left_out if self.viewer else ()

    def link(self, dataset: str, image: str, model: str) -> str:
        """Return the address of the picture that a model made, beside HR; empty where it is not shown."""
        return self.viewer.link(dataset, image, ["hr", model]) if self.viewer and model in self.viewer.models else ""

    def opening(self, dataset: str, model: str) -> str:
        """Return the address of a model's picture of a data set: of the most disputed image, or the first one."""
        if self.viewer is None:
            return ""
        disputed = [dispute.image for dispute in self.viewer.disputes if dispute.dataset == dataset]
        shown = [image for name, image in self.viewer.images if name == dataset]
        image = next(iter([*disputed, *shown]), None)
        return "" if image is None else self.link(dataset, image, model)

    def lists(self) -> list[dict[str, Any]]:
        """Return the disputed crops by kind, as the page lists them."""
        if self.viewer is None:
            return []
        lists = []
        for kind, title in _TITLES.items():
            crops = [self._crop(i, one) for i, one in enumerate(self.viewer.disputes) if one.kind == kind]
            lists += [{"title": title, "crops": crops}] if crops else []
        return lists

    def _crop(self, place: int, dispute: Dispute) -> dict[str, Any]:
        thumbnail = thumbnail_of(place)
        return {
            "name": f"{dispute.dataset}, {dispute.image}",
            "models": ["HR", *dispute.models],
            "reason": f"{dispute.why}.",
            "address": self.viewer.link_of(dispute) if self.viewer else "",
            "thumbnail": thumbnail if thumbnail in self.thumbnails else "",
        }


NO_PICTURES = Gallery()


def thumbnail_of(place: int) -> str:
    """Return the file of the thumbnail of a dispute, by its place in the list."""
    return f"{THUMBNAILS}/{place + 1}.webp"
