"""Words of a user's text as they can be shown."""

import re

# controls, surrogates and what else no XML document may hold
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]")


def printable(text: str) -> str:
    """Return text with what cannot be shown, or written to a file, replaced by the replacement character."""
    return _UNPRINTABLE.sub("\ufffd", text)
