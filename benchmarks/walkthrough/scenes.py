"""The raters of a study: with which browser, at which address, on which screen, and what happens to them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Scene:
    """One rater.

    Attributes:
        browser: Browser.
        address: How the study is reached: HTTP by a name, HTTP by this machine's address, or HTTPS by a name.
        density: Device pixels in a CSS pixel.
        phone: Whether the window is a phone's, and touched.
        incidents: Names of functions of `incidents`, which happen at the trials 1, 2 and so on.
        careless: Whether the rater answers without looking.
    """

    browser: Literal["Chromium", "Firefox"]
    address: Literal["name", "LAN", "HTTPS"]
    density: int = 1
    phone: bool = False
    incidents: tuple[str, ...] = ()
    careless: bool = False

    def where(self) -> str:
        """Return browser and address, for a table."""
        return f"{self.browser}, {'HTTPS' if self.address == 'HTTPS' else f'HTTP by {self.address}'}"

    def words(self) -> str:
        """Return what is special, for a table."""
        said = [f"{self.density} device pixels in a CSS pixel"] if self.density != 1 else []
        said += ["phone, 390 x 844"] if self.phone else []
        said += [incident.replace("_", " ") for incident in self.incidents]
        return ", ".join([*said, *(["careless"] if self.careless else [])])


SCENES = (
    Scene("Chromium", "name", incidents=("reload", "second_tab", "offline")),
    Scene("Chromium", "name", phone=True),
    Scene("Chromium", "LAN", density=2),
    Scene("Firefox", "LAN", incidents=("reload",)),
    Scene("Firefox", "HTTPS", density=2),
    Scene("Chromium", "HTTPS", careless=True),
)
