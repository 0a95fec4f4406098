"""Addresses of the web, as far as a study checks them."""

from urllib.parse import urlsplit


def is_address(text: str) -> bool:
    """Return whether a text begins with http:// or https:// and names a host."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    blank = not text.isprintable() or " " in text
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and not blank
