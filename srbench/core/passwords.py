"""Passwords are told to nobody: neither to a stream nor to a file."""

import re

_IN_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)(?:[^\s/@]*@|[^\s/@:]*:\S*@)+")
_IN_QUERY = re.compile(r"\b(password|passwd|pwd|sslpassword)=[^\s&;,'\"]+", re.IGNORECASE)


def hidden(text: str) -> str:
    """Return a text without user names and passwords of the URLs in it.

    Examples:
        >>> hidden("http://alice:s3cret@mirror.example/Set5 answered 404; postgresql://host/db?password=s3cret")
        'http://mirror.example/Set5 answered 404; postgresql://host/db?password=***'
    """
    return _IN_QUERY.sub(r"\1=***", _IN_URL.sub(r"\1", text))
