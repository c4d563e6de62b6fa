from __future__ import annotations

import io
import sys
import tarfile
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry.errors import Unverified
from regbot.registry.tars.headers import MAX_EXTENDED, MAX_HEADERS, MAX_NAMES, Member, members
from tests.registry.tars.archives import link, member, tar

BLOCK: Final = 512
SIZE: Final = 124
"""Where a header says how large its file is."""
END: Final = bytes(2 * BLOCK)
FORMATS: Final = (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
LONG: Final = "long/" * 60 + "name"


class Memory:
    """Bytes as a Source; those beyond *data* up to *size* are zeros that nobody has to hold."""

    what = '"x.tar"'

    def __init__(self, data: bytes, size: int = 0) -> None:
        self.data, self.size = data, max(size, len(data))
        self.read = 0

    def read_at(self, offset: int, count: int) -> bytes:
        """Read, and count what is read."""
        self.read += count
        return self.data[offset : offset + count] or bytes(max(0, min(count, self.size - offset)))


def found(data: bytes) -> list[Member]:
    """Return what is in an archive."""
    return list(members(Memory(data)))


def contents(data: bytes) -> list[tuple[str, bytes]]:
    """Return the files of an archive, with what they hold."""
    return [(each.name, data[each.offset : each.offset + each.size]) for each in found(data) if each.target is None]


def header(name: str = "x", size: int = 0, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return the header of a member."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.USTAR_FORMAT)


def patched(block: bytes, place: int, patch: bytes) -> bytes:
    """Return a header with something written over it, and the checksum that it has then."""
    changed = bytearray(block)
    changed[place : place + len(patch)] = patch
    changed[148:156] = b"%06o\0 " % (sum(changed[:148]) + sum(changed[156:]) + 8 * 32)
    return bytes(changed)


def padded(data: bytes) -> bytes:
    """Return *data* in whole blocks."""
    return data + bytes(-len(data) % BLOCK)


def pax(*records: bytes) -> bytes:
    """Return an extended header."""
    data = b"".join(records)
    return header("pax", len(data), tarfile.XHDTYPE) + padded(data)


def names(text: str) -> st.SearchStrategy[str]:
    """Make names of files."""
    return st.text(text, min_size=1, max_size=300).map(lambda name: name.strip("/") or "x")


@given(
    st.lists(st.tuples(names("abcé/._-☃"), st.binary(max_size=1500)), max_size=8),
    st.sampled_from(FORMATS),
)
def test_like_tarfile(files: list[tuple[str, bytes]], form: int) -> None:
    """Files that tarfile wrote are found as it finds them: names, sizes and places."""
    data = tar([member(name, content) for name, content in files], form)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        expected = [(info.name, info.offset_data, info.size) for info in archive]
    assert [(each.name, each.offset, each.size) for each in found(data)] == expected
    assert contents(data) == files


@given(st.binary(min_size=1, max_size=40), st.integers(0, 4 * BLOCK), st.sampled_from(FORMATS))
def test_any_damage(noise: bytes, place: int, form: int) -> None:
    """Whatever is written over an archive, it has members that lie in it, or is Unverified."""
    data = bytearray(tar([member(LONG, b"data"), link("a", LONG)], form))
    data[place : place + len(noise)] = noise
    try:
        assert all(0 <= each.offset <= each.offset + each.size <= len(data) for each in found(bytes(data)))
    except Unverified:
        return


@pytest.mark.parametrize("form", FORMATS)
def test_links(form: int) -> None:
    """Links are found with what they say, however long; sizes that they claim count for nothing."""
    data = tar([link("soft", LONG), link("hard", LONG, hard=True), member("file", b"data")], form)
    linked = [(each.name, each.target, each.symbolic) for each in found(data) if each.target is not None]
    assert linked == [("soft", LONG, True), ("hard", LONG, False)]
    assert contents(data) == [("file", b"data")]


def test_link_with_size() -> None:
    """The size that a link's header gives is that of what it means: no data follows."""
    data = header("a", 1 << 20, tarfile.SYMTYPE) + header("b", 4) + padded(b"data") + END
    assert contents(data)[-1] == ("b", b"data")


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, b"V", b"Z"])
def test_other_kinds(kind: bytes) -> None:
    """Devices, pipes, folders and what nobody knows are stepped over."""
    assert contents(header("x", 0, kind) + header("y", 4) + padded(b"data") + END) == [("y", b"data")]


def test_sparse() -> None:
    """A sparse file of GNU's old kind is stepped over, with the blocks that go on with its header."""
    first = patched(header("holes", 4, tarfile.GNUTYPE_SPARSE), 482, b"\1")
    more = bytes(504) + b"\1" + bytes(7)
    assert contents(first + more + bytes(BLOCK) + padded(b"data") + header("y", 2) + padded(b"ok")) == [("y", b"ok")]
    with pytest.raises(Unverified, match="ends in a header"):
        found(first + more)


def test_old_folder() -> None:
    """Of V7's kind, what has a slash at its end is a folder; where a longer name is said, that counts."""
    assert found(header("folder/", 0, tarfile.AREGTYPE)) == []
    cut = pax(b"12 path=abc\n") + header("a/", 4, tarfile.AREGTYPE) + padded(b"data")
    assert contents(cut) == [("abc", b"data")]
    assert found(pax(b"13 path=abc/\n") + header("a", 0, tarfile.AREGTYPE)) == []


def test_global_header() -> None:
    """A pax header for all members is stepped over."""
    data = b"12 path=abc\n"
    assert contents(header("g", len(data), tarfile.XGLTYPE) + padded(data) + header("y")) == [("y", b"")]


def test_size_in_pax() -> None:
    """A size that only an extended header gives counts."""
    assert contents(pax(b"10 size=4\n", b"11 mtime=1\n") + header("x") + padded(b"data")) == [("x", b"data")]


@pytest.mark.parametrize(("data", "why"), [(b"", "empty"), (END, "only its end"), (END + b"noise", "noise behind it")])
def test_nothing(data: bytes, why: str) -> None:
    """An archive may be empty, its end unmarked, and anything behind it."""
    assert found(data) == []


@pytest.mark.parametrize(
    ("size", "why"),
    [
        (b"\xff" * 12, "negative"),
        (b"-0000000001\0", "negative in digits"),
        (b"\x80" + b"\xff" * 11, "far too large"),
        (b"\x80" + bytes(7) + b"\x7f\xff\xff\xff", "too large"),
        (b"77777777777\0", "too large in digits"),
        (b"zzzzzzzzzzz\0", "no number"),
        (b"00000001001\0", "a byte more than there is"),
    ],
)
def test_bad_sizes(size: bytes, why: str) -> None:
    """A member that has not the room it claims is refused, and so is one whose size is no number."""
    with pytest.raises(Unverified, match=r'"x\.tar" is no whole tar file'):
        found(patched(header(), SIZE, size) + bytes(BLOCK))


def test_base_256() -> None:
    """GNU's spelling of large sizes is read."""
    assert contents(patched(header(), SIZE, b"\x80" + bytes(10) + b"\4") + padded(b"data")) == [("x", b"data")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<html>" * 100, "no header at byte 0"),
        (header()[:100], "no header at byte 0"),
        (header() + b"x" * BLOCK, "no header at byte 512"),
        (patched(header(), 148, b"")[:148] + b"0000000\0" + header()[156:], "bad checksum"),
        (header("x", 600) + bytes(BLOCK), "should have 600"),
        (pax(b"12 path=abc\n"), "should extend another"),
        (pax(b"12 path=abc\n")[:BLOCK], "should have 12"),
        (pax(b"12 path=abc!") + header(), "extended header that is none"),
        (pax(b"99 path=abc\n") + header(), "extended header that is none"),
        (pax(b"0 path=abc\n") + header(), "extended header that is none"),
        (pax(b"5 abc\n") + header(), "extended header that is none"),
        (pax(b"path=abc\n") + header(), "extended header that is none"),
        (pax(b"10 size=-\n") + header(), 'size of a file is "-"'),
        (pax(b"35 size=" + b"9" * 26 + b"\n") + header(), "size of a file is"),
    ],
)
def test_broken(data: bytes, why: str) -> None:
    """What is no archive, or none that is whole, is refused with the reason."""
    with pytest.raises(Unverified, match=why):
        found(data)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
@pytest.mark.parametrize("size", [MAX_EXTENDED + 1, 1 << 32, -1])
def test_large_extension(kind: bytes, size: int) -> None:
    """An extended header that is larger than any is not read."""
    number = (size & ((1 << 95) - 1) | 1 << 95 if size >= 0 else (1 << 96) + size).to_bytes(12, "big")
    source = Memory(patched(header("x", 0, kind), SIZE, number), 1 << 33)
    with pytest.raises(Unverified, match=f"of {size} bytes") as caught:
        list(members(source))
    assert (caught.value.code, source.read) == ("TOO_LARGE", BLOCK)


CHAIN: Final = 2 * sys.getrecursionlimit()
"""Headers that a walk which calls itself for each would not survive."""


@pytest.mark.parametrize("first", [header(), pax(b"12 path=abc\n")], ids=["plain", "extensions"])
def test_many_headers(first: bytes) -> None:
    """An archive of more headers than any has is given up, and no chain of extensions is too long for the stack."""
    assert members.__kwdefaults__ == {"most": MAX_HEADERS}
    many = first * CHAIN + header("last")
    assert next(reversed(list(members(Memory(many), most=CHAIN + 1)))).name in {"last", "abc"}
    with pytest.raises(Unverified, match=f"more than {CHAIN} headers"):
        list(members(Memory(many), most=CHAIN))


def test_many_names() -> None:
    """Names that are many and long are given up."""
    long = pax(b"%d path=%s\n" % (1_000_014, b"x" * 1_000_000)) + header()
    assert len(found(long * (MAX_NAMES // 1_000_000))) == 8
    with pytest.raises(Unverified, match="names of more than"):
        found(long * (MAX_NAMES // 1_000_000 + 1))


def test_last_extension_counts() -> None:
    """Of several extended headers of one member each adds what it says, and the last counts."""
    assert contents(pax(b"12 path=abc\n") + pax(b"10 size=2\n", b"10 path=d\n") + header() + padded(b"ok")) == [
        ("d", b"ok")
    ]
