"""The page in a real browser, at the width of a desk and of a phone."""

from pathlib import Path
from typing import Any

import pytest

from srbench.ratings import analysis, pair_simulation, pair_study, simulation
from srbench.report.ratings import publish
from tests.browser import opened

# Level labels only: the bounding box of a turned one is larger than what it covers.
_LABELS = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
    const frame = svg.getBoundingClientRect();
    const level = text => { const m = text.getScreenCTM(); return Math.abs(m.b) < 1e-6 && m.a > 0; };
    const boxes = [...svg.querySelectorAll('text')]
        .map(text => [text.textContent, text.getBoundingClientRect(), level(text)]);
    const out = boxes.filter(([, b]) => b.left < frame.left - 1 || b.right > frame.right + 1
        || b.top < frame.top - 1 || b.bottom > frame.bottom + 1).map(([t]) => 'clipped: ' + t);
    const flat = boxes.filter(([t, , l]) => l && t.trim());
    flat.forEach(([t, a], i) => flat.slice(i + 1).forEach(([u, b]) => {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        // A line's box is taller than its letters: a third of it may lie over the next line's.
        if (wide > 2 && high > Math.min(a.height, b.height) / 3) out.push('overlap: ' + t + ' / ' + u);
    }));
    return out;
})"""


def _studies() -> dict[str, Any]:
    models = ("nearest", "bicubic", "srresnet", "esrgan.realsr_df2k", "real_esrgan.x4plus", "srgan")
    drawn = simulation.simulate(
        simulation.Simulation(models, images=8, careless=2, reference=True, repeated=0.1, seed=2)
    )
    study = analysis.analyse("panel", drawn.votes)
    sharpness = {s.name: float(i) for i, s in enumerate(drawn.votes.stimuli)}
    with_metrics = analysis.with_metrics(study, {"sharpness": sharpness, "psnr": {k: -v for k, v in sharpness.items()}})
    answers = pair_simulation.simulate_pairs(simulation.Simulation(models, images=5, raters=20, seed=2), ties=0.2)
    return {"ratings": with_metrics, "pairs": pair_study.analyse_pairs("pairs", answers)}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ratings", "pairs"])
def test_nothing_overlaps_is_clipped_or_scrolls_sideways(tmp_path: Path, kind: str) -> None:
    publish.write(publish.report(_studies()[kind]), tmp_path)
    for width in (1280, 390):
        with opened(width) as page:
            said: list[str] = []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("request", lambda request, said=said: said.append(request.url))
            page.goto((tmp_path / publish.HTML).as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(_LABELS) == []
            assert page.locator("svg text").count() > 50
            assert said == [(tmp_path / publish.HTML).as_uri()]
