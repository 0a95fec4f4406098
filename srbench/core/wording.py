"""Numbers with their nouns."""


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
