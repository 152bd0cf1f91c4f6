"""Paths as reports show them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def from_here(path: str | os.PathLike[str]) -> str:
    """The path as someone in the working directory would write it; absolute if it has nothing but the root in common with that."""
    whole = os.path.abspath(path)
    try:
        shared = os.path.commonpath([whole, os.getcwd()])
    except (ValueError, OSError):  # another drive; no working directory any more
        shared = os.path.dirname(whole)
    is_near = os.path.dirname(shared) != shared or os.path.dirname(os.getcwd()) == os.getcwd()
    return Path(os.path.relpath(whole) if is_near else whole).as_posix()


def in_repository(path: str | os.PathLike[str]) -> str:
    """The path from the root of the repository, by which the pages of GitHub and GitLab know a file; without a repository, from the working
    directory; absolute if it lies outside."""
    whole, root = os.path.abspath(path), repository(os.getcwd()) or os.getcwd()
    is_inside = whole.startswith(os.path.join(root, ""))
    return Path(os.path.relpath(whole, root) if is_inside else whole).as_posix()


def repository(folder: str) -> str | None:
    """The nearest folder with `.git`, the given one or above it: the root of a repository, a worktree or a submodule."""
    return next((above for above in upwards(folder) if os.path.lexists(os.path.join(above, ".git"))), None)


def patched_from(folder: str | os.PathLike[str]) -> str:
    """The folder whose paths `git apply` reads wherever it runs: the root of the folder's repository; without one, the folder itself."""
    real = os.path.realpath(folder)
    return repository(real) or real


def link_to(file: str | os.PathLike[str], folder: str | os.PathLike[str]) -> str | None:
    """The link on the way to a file from the root of the repository that the folder is in, else from the folder; None if there is none."""
    way = os.path.normpath(os.path.join(os.path.realpath(folder), os.path.relpath(file, folder)))
    below = os.path.join(patched_from(folder), "")
    return next((from_here(step) for step in upwards(way) if step.startswith(below) and os.path.islink(step)), None)


def upwards(folder: str) -> Iterator[str]:
    """The folder, and each one above it."""
    yield folder
    while os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
        yield folder
