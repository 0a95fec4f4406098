"""Numbers with their nouns, and factors, as sentences have them."""

import math


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
