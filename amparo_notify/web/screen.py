"""What a demonstration's phone shows on its screen."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup, escape

from amparo_notify.demo.carrier_book import Call, Mail

_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:)]")


@dataclass(frozen=True)
class Item:
    """One text, call or mail. `text` is safe to show."""

    kind: str  # text (received) | sent | call | mail
    id: str
    at: datetime
    text: Markup = field(default_factory=Markup)
    call: Call | None = None
    mail: Mail | None = None


def linked(text: str) -> Markup:
    """A text with its addresses as links, as phones show them."""
    parts, end = [], 0
    for found in _LINK.finditer(text):
        address = found.group()
        parts.append(escape(text[end : found.start()]))
        parts.append(Markup('<a href="{0}" target="_blank" rel="noopener">{0}</a>').format(address))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])
