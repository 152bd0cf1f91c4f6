"""Fleets to judge: plans of the fixtures in folders of a disk, or in an imitation of S3 on this machine."""

from __future__ import annotations

import logging
import shutil
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.repository import FIXTURES

BAD = FIXTURES / "bad" / "review" / "plan.json"
GOOD = FIXTURES / "good" / "ideal" / "plan.json"
SMALL = FIXTURES / "bad" / "log_group_retention" / "plain" / "plan.json"
HOSTILE = b'{"format_version": "1.2", "planned_values": ' + b"[" * 100_000


def place(root: Path, plans: Mapping[str, Path | bytes]) -> Path:
    """Puts each plan at its path below `root`."""
    for name, content in plans.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copy(content, target)
        else:
            target.write_bytes(content)
    return root


@contextmanager
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3 by moto on loopback, and the filesystem with which to fill it."""
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    server_of = pytest.importorskip("moto.server", reason="moto's server is not installed")
    import s3fs

    server = server_of.ThreadedMotoServer(port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    settings = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    for name, value in {**settings, "AWS_DEFAULT_REGION": "us-east-1", "NO_PROXY": host, "no_proxy": host}.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        fs = s3fs.S3FileSystem(use_listings_cache=False)
        for bucket in ("plans", "findings"):
            fs.mkdir(bucket)
        yield fs
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
        server.stop()


def put(fs: Any, plans: Mapping[str, Path | bytes]) -> None:
    """Puts each plan at its key."""
    for name, content in plans.items():
        fs.pipe_file(name, content.read_bytes() if isinstance(content, Path) else content)
