"""The token and its file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from regbot.supervisor.logs import Writer, open_log
from regbot.web.address import CannotListen
from regbot.web.token import Token

if TYPE_CHECKING:
    from pathlib import Path

    from trio.testing import MockClock

OLD, NEW = "0123456789abcdef", "fedcba9876543210"


class Kept:
    """A token in a file, and what is logged of it."""

    def __init__(self, folder: Path, text: str = f"{OLD}\n") -> None:
        self.file, self.log = folder / "token", io.StringIO()
        self.write(text)
        self.token = Token(str(self.file), open_log(Writer(stream=self.log)))

    def write(self, text: str) -> None:
        """Replace the file."""
        other = self.file.with_suffix(".new")
        other.touch(mode=0o600)
        other.write_text(text)
        other.replace(self.file)


async def test_opens(tmp_path: Path) -> None:
    """The first line opens, without what stands around it; nothing else does."""
    token = Kept(tmp_path, f"  {OLD}\t\r\nsecond line\n").token
    assert token.opens(OLD.encode())
    assert not any(token.opens(wrong) for wrong in (b"", OLD[:-1].encode(), OLD.upper().encode(), b"\xff" * 16))


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "16 characters or more"), ("short\n", "16"), (f"{OLD} {NEW}", "spaces"), ("ü" * 16, "ASCII")],
    ids=["empty", "short", "spaces", "letters"],
)
def test_no_token(tmp_path: Path, text: str, said: str) -> None:
    """A file that holds no token is refused before anything is served, and what it holds is not shown."""
    with pytest.raises(CannotListen, match=said) as refused:
        Kept(tmp_path, text)
    assert OLD not in str(refused.value)


def test_no_file(tmp_path: Path) -> None:
    """A file that cannot be read is named."""
    with pytest.raises(CannotListen, match="No such file"):
        Token(str(tmp_path / "nothing"), open_log(Writer(stream=io.StringIO())))


async def test_read_anew(tmp_path: Path, mock_clock: MockClock) -> None:
    """A token that was replaced holds a second later, and the old one no more."""
    kept = Kept(tmp_path)
    assert kept.token.opens(OLD.encode())
    kept.write(NEW)
    mock_clock.jump(2)
    assert (kept.token.opens(NEW.encode()), kept.token.opens(OLD.encode())) == (True, False)
    assert "read anew" in kept.log.getvalue()


async def test_unusable_anew(tmp_path: Path, mock_clock: MockClock) -> None:
    """A file that becomes unusable changes nothing, and is told of once; when it is good again, it holds."""
    kept = Kept(tmp_path)
    for text in ("short", "short, too"):
        kept.write(text)
        mock_clock.jump(2)
        assert kept.token.opens(OLD.encode())
    assert kept.log.getvalue().count("the old token holds") == 1
    kept.write(NEW)
    mock_clock.jump(2)
    assert kept.token.opens(NEW.encode())


def test_readable_by_others(tmp_path: Path) -> None:
    """A token that everybody can read is one that everybody has: the log says what to do."""
    assert "chmod" not in Kept(tmp_path).log.getvalue()
    kept = Kept(tmp_path)
    kept.file.chmod(0o644)
    Token(str(kept.file), open_log(Writer(stream=kept.log)))
    assert "chmod o-r" in kept.log.getvalue()


def test_not_shown(tmp_path: Path) -> None:
    """The token is in no repr."""
    assert OLD not in repr(Kept(tmp_path).token)
