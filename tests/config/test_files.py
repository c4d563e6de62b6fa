from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.config.files import MAX_BYTES, read_text

if TYPE_CHECKING:
    from pathlib import Path


def test_text(tmp_path: Path) -> None:
    """A file's text is returned as it is."""
    (tmp_path / "a").write_bytes("  é\r\n".encode())
    assert read_text(str(tmp_path / "a")) == "  é\r\n"


def test_bound(tmp_path: Path) -> None:
    """A file at the limit is read, one beyond it is not."""
    (tmp_path / "a").write_bytes(b"x" * MAX_BYTES)
    assert len(read_text(str(tmp_path / "a"))) == MAX_BYTES
    (tmp_path / "a").write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(ValueError, match="larger than"):
        read_text(str(tmp_path / "a"))


def test_endless_file() -> None:
    """A file without an end is given up at the limit."""
    with pytest.raises(ValueError, match="larger than"):
        read_text("/dev/zero")


def test_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are refused."""
    (tmp_path / "a").write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        read_text(str(tmp_path / "a"))


def test_no_file(tmp_path: Path) -> None:
    """What is not there, or no file, is an error of the system."""
    with pytest.raises(FileNotFoundError):
        read_text(str(tmp_path / "a"))
    with pytest.raises(IsADirectoryError):
        read_text(str(tmp_path))
