"""Landed JSON documents, read without trust: a size is bounded by the landing, depth by the parser, and no type is assumed."""

import json
from typing import Any

from openmineral_dagster.sources.landed import Landed


def document(landed: Landed) -> Any:
    """What the file says as one JSON document; None where it is none."""
    if landed.data[:1] not in (b"{", b"["):
        return None
    try:
        return json.loads(landed.data)
    except (ValueError, RecursionError):
        return None
