"""Numbers with their nouns, factors as sentences have them, and plain words for what checkers of values say."""

import math
import re

_PLAIN = (
    (r"^Value error, ", ""),
    (r"^Input should be greater than or equal to (\S+)", r"expected at least \1"),
    (r"^Input should be greater than (\S+)", r"expected more than \1"),
    (r"^Input should be less than or equal to (\S+)", r"expected at most \1"),
    (r"^Input should be less than (\S+)", r"expected less than \1"),
    (r"^Input should be a valid integer.*", "expected a whole number"),
    (r"^Input should be a valid number.*", "expected a number"),
    (r"^Input should be a valid string", "expected text"),
    (r"^Input should be a valid boolean.*", "expected true or false"),
    (r"^Input should be a valid (?:list|tuple)", "expected a list"),
    (r"^Input should be (?:a valid dictionary|an instance of).*", "expected a table"),
    (r"^Input should be (a .*|'.*)", r"expected \1"),
    (r"^(?:List|Tuple) should have at least 1 item after validation.*", "expected at least one entry"),
    (r"^(?:List|Tuple) should have at (least|most) (\d+) items? after validation.*", r"expected at \1 \2 entries"),
)
"""What pydantic says, which checks recipes and, within typer, options; and what it means."""


def plain(message: str) -> str:
    """Return in plain words what is wrong with a value.

    Args:
        message: Message of pydantic.

    Examples:
        >>> plain("Input should be greater than or equal to 1"), plain("Input should be 'psnr' or 'last'")
        ('expected at least 1', "expected 'psnr' or 'last'")
    """
    for pattern, meaning in _PLAIN:
        message = re.sub(pattern, meaning, message, flags=re.DOTALL)
    return message


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the singular or the plural.

    Args:
        count: The number.
        noun: The noun in the singular, which forms its plural by s.

    Examples:
        >>> counted(1, "vote"), counted(2, "vote"), counted(1200, "image")
        ('1 vote', '2 votes', '1,200 images')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def factor_places(value: float) -> int:
    """Count the decimals with which a factor has three digits, at most two.

    Examples:
        >>> factor_places(0.5), factor_places(1.83), factor_places(18.3), factor_places(251.75)
        (2, 2, 1, 0)
    """
    return min(2, max(0, 2 - math.floor(math.log10(value)))) if 0 < value < math.inf else 2
