"""Size and speed of the viewer: `python -m benchmarks.viewer RUN --dataset bsd100`, in Chromium, from disk.

Aims: the folder has at most 0.75 of the bytes of the PNG files that it shows, the first picture is there within a
second, another model within 0.1 s, and the page stays below 1 GiB while it walks through all images.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from srbench.core.assets import AssetStore
from srbench.evaluation import matched
from srbench.evaluation.originals import noted_originals
from srbench.evaluation.results import RunFolder
from srbench.evaluation.scenes import Scenes
from srbench.metrics.lpips import open_map
from srbench.report.viewer.publish import write
from tests.browser import launched, window

_FIRST = "async () => { await ready; return performance.now(); }"
"""Milliseconds from the start of the page until all panels of the first image are drawn."""

_CHANGES = """async () => {
  const names = srbenchIndex.models.filter((name) => view.image.outputs[name]);
  const times = [];
  view.layout = "one";
  for (const name of [...names, ...names]) {
    const start = performance.now();
    view.chosen = name;
    await refresh();
    times.push(performance.now() - start);
  }
  return times;
}"""
"""Each model of an image once from its file, and once more."""

_WALK = """async () => {
  const names = srbenchIndex.models;
  for (const image of srbenchIndex.images) {
    await openImage(image, { keep: false });
    for (const name of Object.keys(image.outputs)) await pictureOf(image, name);
  }
  return shelf.bytes;
}"""


def main() -> None:
    """Write the viewer of a run, and measure it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--lpips", action="store_true", help="store maps of LPIPS where it was measured")
    parser.add_argument("--limit", type=int, help="number of images")
    parser.add_argument("--out", type=Path, help="keep the folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.out or Path(temporary)
        facts = _size(given, folder) | _speed(folder / "viewer.html")
    print(json.dumps(facts, indent=2))


def _size(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    run = RunFolder(given.run)
    originals = dict(list(noted_originals(run).files[given.dataset].items())[: given.limit])
    scenes = Scenes([run], originals, open_map("alex", AssetStore()) if given.lpips else None)
    start = time.monotonic()
    written = write(folder, scenes, matched.match([run], datasets=[given.dataset]).tables)
    seconds = time.monotonic() - start
    outputs = sum(path.stat().st_size for path in scenes.files())
    hr = sum(path.stat().st_size for path in originals.values())
    return {
        "images": len(written.images),
        "models": len(written.models),
        "written in s": round(seconds, 1),
        "folder in MB": round(written.size_bytes / 1e6, 1),
        "PNG files of outputs in MB": round(outputs / 1e6, 1),
        "PNG files of originals in MB": round(hr / 1e6, 1),
        "share of the outputs": round(written.size_bytes / outputs, 3),
        "share of outputs and originals": round(written.size_bytes / (outputs + hr), 3),
    }


def _speed(page_file: Path) -> dict[str, Any]:
    with launched() as browser, window(browser, 1920, 1080) as page:
        page.goto(page_file.as_uri())
        first = page.evaluate(_FIRST)
        times = page.evaluate(_CHANGES)
        fresh, again = times[: len(times) // 2], times[len(times) // 2 :]
        kept = page.evaluate(_WALK)
        session = page.context.new_cdp_session(page)
        heap = {one["name"]: one["value"] for one in _metrics(session)}["JSHeapUsedSize"]
        memory = _process_mib(browser)
    return {
        "first picture in ms": round(first),
        "another model, from its file, in ms (median, slowest)": [round(statistics.median(fresh)), round(max(fresh))],
        "another model, seen before, in ms (median, slowest)": [round(statistics.median(again)), round(max(again))],
        "canvases kept in MiB": round(kept / 2**20),
        "heap of scripts in MiB": round(heap / 2**20),
        "memory of the page's process in MiB": memory,
    }


def _metrics(session: Any) -> list[dict[str, Any]]:
    session.send("Performance.enable")
    found: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
    return found


def _process_mib(browser: Any) -> int:
    """Return the resident memory of the largest renderer process."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [one["id"] for one in processes if one["type"] == "renderer"]
    return max(_resident_mib(pid) for pid in renderers)


def _resident_mib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


if __name__ == "__main__":
    main()
