"""The disk under the data folder: how much is free, whether it can be written, and what kind it is."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

#: File systems whose locks or syncs a database file cannot rely on.
NETWORK = ("nfs", "cifs", "smb", "ceph", "lustre", "gluster", "afs", "davfs", "fuse.")
#: These run in user space and are local all the same.
LOCAL_IN_USER_SPACE = {"fuse.fuse-overlayfs", "fuse.ntfs", "fuse.ntfs-3g", "fuse.exfat", "fuse.lxcfs"}
MOUNTS = Path("/proc/mounts")


def free_bytes(folder: Path) -> int:
    """Return how many bytes a program without privileges may still write; the nearest folder that exists counts."""
    try:
        found = os.statvfs(folder)
    except FileNotFoundError:
        found = os.statvfs(existing(folder))
    return found.f_bavail * found.f_frsize


def why_not_writable(folder: Path) -> str:
    """Return what the system says when a file is made in the folder; an empty text when it goes well."""
    try:
        with tempfile.TemporaryFile(dir=existing(folder)) as file:
            file.write(b"x")
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def network_file_system(folder: Path, *, mounts: Path = MOUNTS) -> str:
    """Return the kind of network file system that the folder lies on; an empty text for a local or unknown one."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    kind = kind_of(existing(folder).resolve(), lines)
    is_local = kind in LOCAL_IN_USER_SPACE or not kind.startswith(NETWORK)
    return "" if is_local else kind


def kind_of(folder: Path, lines: list[str]) -> str:
    """Return the file system's kind by the mount that lies nearest above the folder; the later of two wins."""
    nearest, kind = -1, ""
    for line in lines:
        _, where, found, *_ = [*line.split(" "), "", "", ""]
        point = Path(where.replace("\\040", " ").replace("\\011", "\t") or "/")
        if (folder == point or point in folder.parents) and len(point.parts) >= nearest:
            nearest, kind = len(point.parts), found
    return kind


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.exists())
