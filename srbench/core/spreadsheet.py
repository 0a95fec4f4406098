"""Text that people wrote, made harmless for spreadsheets, which read some cells of a table as formulas."""

import re

_FORMULA = re.compile("(^|[;\t\r\n])([=+\\-@\uff1d\uff0b\uff0d\uff20])")


def inert(text: str) -> str:
    r"""Return a text that no spreadsheet reads as a formula: an apostrophe stands before what would begin one.

    A formula begins with =, +, - or @ (also in full width, which Japanese spreadsheets accept), at the beginning of a
    text or after what some settings take for the end of a cell. A text that begins with a tab or a carriage return is
    treated likewise, since these are skipped.

    Source: OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection

    Examples:
        >>> inert("=1+1"), inert("a;=1+1"), inert("2 - 1"), inert("\t=1")
        ("'=1+1", "a;'=1+1", '2 - 1', "'\t'=1")
    """
    guarded = _FORMULA.sub(r"\1'\2", text)
    return f"'{guarded}" if guarded.startswith(("\t", "\r", "\n")) else guarded
