"""All degradations."""

from typing import Annotated

from pydantic import Field

from srbench.degradation.classical import Classical

Degradation = Annotated[Classical, Field()]
