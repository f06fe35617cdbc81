"""Live fragments: pages ask for them every few seconds, and are told when nothing has changed."""

import hashlib
import re

from flask import Response, make_response, request
from werkzeug.wrappers import Response as Answer

_RESTLESS = re.compile(r'(?<=>)[^<]*(?=</time>)|(?<=name="csrf_token" value=")[^"]*')
"""What differs at every look and means nothing new: countdowns, which the browser counts by itself, and the time
in a form's token."""


def fragment(page: str) -> Answer:
    """The fragment with its ETag, or 304 where the browser has it already."""
    tag = hashlib.sha256(_RESTLESS.sub("", page).encode()).hexdigest()[:20]
    known = request.if_none_match.contains(tag)
    response = Response(status=304) if known else make_response(page)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-store"
    return response
