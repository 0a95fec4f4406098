"""What a browser finds in a page."""

import random
from html.parser import HTMLParser

# What the scripts of the pages fill in.
SCRIPT = {"seconds": "1.500", "dpr": "1", "width": "1280", "height": "720"}


class Page(HTMLParser):
    """A page of a rater's way; it has one form at most."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.action = ""  # where the form goes
        self.shown: list[str] = []  # addresses of pictures
        self.ahead: list[str] = []  # the same of the next page
        self.static: list[str] = []  # addresses of scripts, styles and the icon
        self._fields: dict[str, str] = {}
        self._buttons: list[tuple[str, str]] = []
        self._sliders = 0
        self._select = ""
        self._named_by_text = False  # the option: it has no value
        self.feed(text)

    @property
    def asks(self) -> bool:
        """It is a trial."""
        return self.action.endswith("/answer")

    def filled(self, generator: random.Random) -> dict[str, str]:
        """What the form sends: the first answer of every select, one of the buttons, and a number for each slider."""
        sent = self._fields | dict([generator.choice(self._buttons)] if self._buttons else [])
        numbers = " ".join(str(generator.randrange(101)) for _ in range(self._sliders))
        return sent | ({"value": numbers} if numbers else {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self.action = found["action"]
                self.ahead += found.get("data-ahead", "").split()
            case "input" if found.get("type") == "range":
                self._sliders += 1
            case "input" if "name" in found:
                self._fields[found["name"]] = SCRIPT.get(found["name"], found.get("value", ""))
            case "button" if found.get("name", "refuse") != "refuse":
                self._buttons.append((found["name"], found["value"]))
            case "select":
                self._select = found["name"]
            case "option":
                self._named_by_text = "value" not in found
                self._offer(found.get("value", ""))
            case "img":
                self.shown.append(found["src"])
            case "script":
                self.static.append(found["src"])
            case "link":
                self.static.append(found["href"])

    def handle_data(self, data: str) -> None:
        if self._named_by_text:
            self._offer(data.strip())
            self._named_by_text = False

    def _offer(self, answer: str) -> None:
        if answer:
            self._fields.setdefault(self._select, answer)
