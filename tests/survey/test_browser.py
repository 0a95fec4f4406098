"""Raters in a real browser: keyboard only, reload, back, two tabs, every pixel."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from srbench.core import image
from srbench.survey.store.schema import Assignment
from srbench.survey.store.vote_store import VoteStore
from tests.browser import launched, window
from tests.cli.conftest import Call
from tests.survey.test_web import made
from tests.survey.walk import heard, on, served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as started:
        yield started


@pytest.fixture
def store(call: Call, tmp_path: Path) -> VoteStore:
    return VoteStore(made(call, tmp_path))


def _to_the_trials(page: Any, link: str) -> None:
    page.goto(link)
    for _ in range(20):
        if page.locator("#answer input[name=position]").count():
            return
        if page.locator("#stimulus").count():
            page.wait_for_selector("body:not(.waiting)")
            with page.expect_navigation():
                page.keyboard.press("3")
        else:
            page.keyboard.press("Tab")
            while (name := page.evaluate("document.activeElement.tagName")) != "BUTTON":
                if name == "SELECT":
                    page.keyboard.press("8")
                page.keyboard.press("Tab")
            with page.expect_navigation():
                page.keyboard.press("Enter")
    raise AssertionError(page.content())


def _position(page: Any) -> int:
    return int(page.locator("#answer input[name=position]").get_attribute("value"))


def test_a_session_by_keyboard_with_reload_back_and_a_second_tab(store: VoteStore, browser: Any) -> None:
    with served(store) as url, window(browser, 1280) as page:
        said = heard(page)
        _to_the_trials(page, f"{url}/i/{store.invite()}")
        assert "/i/" not in page.url
        for position in range(5):
            assert _position(page) == position
            page.wait_for_selector("body:not(.waiting)")
            if position == 1:
                page.reload()
                assert _position(page) == 1
                page.wait_for_selector("body:not(.waiting)")
            if position == 2:
                other = page.context.new_page()
                other.goto(f"{url}/next")
                assert _position(other) == 2
                other.wait_for_selector("body:not(.waiting)")
                other.keyboard.press("5")
                other.wait_for_selector('input[name=position][value="3"]', state="attached")
                other.close()  # this tab still shows the old trial; its answer must not count
            page.keyboard.press(str(1 + position))
            wanted = f'input[name=position][value="{position + 1}"]' if position < 4 else ".code"
            page.wait_for_selector(wanted, state="attached")
            if position == 3:
                page.go_back()
                page.wait_for_load_state("load")
                page.goto(f"{url}/next")
        assert page.locator(".code").inner_text()
        assert said == []
    values = [answer.value for answer in store.responses()]
    assert values == ["1", "2", "5", "4", "5"]
    assert all(0 < answer.seconds < 60 for answer in store.responses())
    assert {answer.facts["width"] for answer in store.responses()} == {1280}


@pytest.mark.parametrize("scale", [1, 2])
def test_what_is_painted_is_the_picture_pixel_for_pixel(store: VoteStore, browser: Any, scale: int) -> None:
    with served(store) as url, window(browser, 900, 700, scale) as page:
        _to_the_trials(page, f"{url}/i/{store.invite()}")
        for _ in range(3):
            page.wait_for_selector("body:not(.waiting)")
            key = page.locator("#stimulus").get_attribute("src").split("/")[-1].removesuffix(".png")
            box = page.locator("#stimulus").bounding_box()
            whole = np.asarray(Image.open(io.BytesIO(page.screenshot(scale="device"))).convert("RGB"))
            top, left = round(box["y"] * scale), round(box["x"] * scale)
            picture = _behind(store, key)
            height, width = picture.shape[:2]
            assert (round(box["height"] * scale), round(box["width"] * scale)) == (height, width)
            np.testing.assert_array_equal(whole[top : top + height, left : left + width], picture)
            before = _position(page)
            page.keyboard.press("4")
            page.wait_for_selector(f'input[name=position][value="{before + 1}"]', state="attached")


def _behind(store: VoteStore, key: str) -> np.ndarray:

    with Session(store.engine) as database:
        name = database.scalar(select(Assignment.first).where(Assignment.first_key == key))
    found = next(p for p in store.study.pictures if p.stimulus.name == name)
    return image.read(store.study.folder / found.file)


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_fit_their_windows(store: VoteStore, browser: Any, width: int) -> None:
    with served(store) as url, window(browser, width) as page:
        page.goto(f"{url}/i/{store.invite()}")
        for _ in range(20):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("h1, legend").count()
            if page.locator(".code").count():
                return
            if page.locator("#stimulus").count():
                page.wait_for_selector("body:not(.waiting)")
                for button in page.locator(".scale button").all():
                    assert button.bounding_box()["height"] >= 44
            on(page)
        raise AssertionError(page.content())


def test_dcr_shows_the_original_in_place_before_it_takes_an_answer(call: Call, tmp_path: Path, browser: Any) -> None:
    for name in ("a", "b"):
        image.write(tmp_path / "images" / "hr" / f"{name}.png", np.full((40, 60, 3), 200, np.uint8))
    store = VoteStore(made(call, tmp_path, "--method", "dcr", "--traps", "0"))
    with served(store) as url, window(browser, 1280) as page:
        said = heard(page)
        page.goto(f"{url}/i/{store.invite()}")
        while not page.locator(".code").count():
            if page.locator("#toggle").count():
                page.wait_for_timeout(150)
                before = page.url, page.locator("#stimulus figure:not([hidden]) img").bounding_box()
                page.keyboard.press("3")
                page.wait_for_timeout(50)
                assert page.locator("#toggle").count(), "no answer before the original was seen"
                page.keyboard.press("Space")
                assert page.locator("#stimulus figure:not([hidden]) img").get_attribute("alt") == "The original"
                assert page.locator("#stimulus figure:not([hidden]) img").bounding_box() == before[1]
                page.keyboard.press("Space")
                with page.expect_navigation():
                    page.keyboard.press("3")
            else:
                on(page)
        assert said == []
    assert [answer.value for answer in store.responses()] == ["3"] * 4


def test_pairs_are_answered_by_arrows(call: Call, tmp_path: Path, browser: Any) -> None:
    store = VoteStore(made(call, tmp_path, "--method", "pair", "--traps", "0"))
    with served(store) as url, window(browser, 1280) as page:
        page.goto(f"{url}/i/{store.invite()}")
        keys = iter(("ArrowLeft", "ArrowDown"))
        while not page.locator(".code").count():
            if page.locator("#answer").count():
                page.wait_for_selector("body:not(.waiting)")
                left, right = (image.bounding_box() for image in page.locator("#stimulus img").all())
                assert left["x"] + left["width"] <= right["x"]
                assert left["y"] == right["y"]
                counts = page.locator("input[name=position]").count()
                with page.expect_navigation():
                    page.keyboard.press(next(keys) if counts else "ArrowRight")
            else:
                on(page)
    assert [answer.value for answer in store.responses()] == ["first", "tie"]


def test_a_browser_tells_what_it_has_shown_and_when_nobody_looked(store: VoteStore, browser: Any) -> None:
    with served(store) as url, window(browser, 1280) as page:
        said = heard(page)
        page.goto(f"{url}/i/{store.invite()}")
        while not page.locator("input[name=position]").count():
            on(page)
        page.wait_for_selector("body:not(.waiting)")
        page.wait_for_timeout(200)
        (seen,) = store.presented()
        assert (seen.position, seen.answered, seen.views) == (0, None, 1)
        page.evaluate("document.hasFocus = () => false; window.dispatchEvent(new Event('blur'))")
        page.wait_for_timeout(120)
        page.evaluate("document.hasFocus = () => true; window.dispatchEvent(new Event('focus'))")
        while not page.locator(".code").count():
            on(page)
        assert said == []
    answers = store.responses()
    assert all(answer.shown is not None and answer.answered is not None for answer in answers)
    assert all(answer.shown < answer.answered for answer in answers)  # type: ignore[operator]
    assert answers[0].facts["focus_lost"] == 1
    assert 0.1 < answers[0].facts["focus_lost_s"] < 2
    assert [answer.facts["focus_lost"] for answer in answers[1:]] == [0.0] * (len(answers) - 1)
    assert answers[0].facts["width"] == 1280
    assert answers[0].facts["browser"].startswith("Chrome ")
    assert answers[0].facts["zoom"] == pytest.approx(1, abs=0.05)
