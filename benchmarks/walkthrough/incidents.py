"""What happens to raters between looking and answering; each says whether the answer is still to be given."""

from benchmarks.walkthrough.chromium import ChromiumWindow
from benchmarks.walkthrough.opinions import Opinion
from benchmarks.walkthrough.pictures import Shown
from benchmarks.walkthrough.rater import Rater, Walked
from benchmarks.walkthrough.window import arrived, leaving, wait


def reload(rater: Rater, walked: Walked, position: int) -> bool:
    """Load the page again: it must show the same."""
    leaving(rater.window)
    rater.window.reload()
    arrived(rater.window)
    walked.seen_again.add(position)
    assert rater.look() == walked.given[position][0]
    return True


def second_tab(rater: Rater, walked: Walked, position: int) -> bool:
    """Answer in another tab; what is answered here afterwards is late and must not count."""
    here = rater.window
    assert isinstance(here, ChromiumWindow)
    rater.window = other = here.second_tab()
    other.open(_next(here.url()))
    shown, answer = walked.given[position]
    assert rater.look() == shown
    rater.give(answer)
    other.close()
    rater.window = here
    walked.seen_again.add(position)
    rater.give(rater.way.answer(_Contrary(rater.opinion.number), shown))
    return False


def offline(rater: Rater, walked: Walked, position: int) -> bool:
    """Answer while the network is away; when it is back, the page sends the answer by itself and goes on."""
    window = rater.window
    assert isinstance(window, ChromiumWindow)
    wait(window, "() => !document.body.classList.contains('waiting')")
    leaving(window)
    window.network(on=False)
    rater.way.give(window, walked.given[position][1], touch=rater.touch)
    wait(window, "() => !document.getElementById('away').hidden")
    window.network(on=True)
    arrived(window)
    return False


def _next(url: str) -> str:
    return "/".join(url.split("/")[:3]) + "/next"


class _Contrary(Opinion):
    """The opposite opinion."""

    def of(self, picture: Shown) -> float:
        return 1 - super().of(picture)
