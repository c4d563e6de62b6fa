from __future__ import annotations

from dataclasses import astuple, replace
from typing import TYPE_CHECKING

from regbot.registry.copying.tally import Tally, unheard
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.reference import Reference

if TYPE_CHECKING:
    from regbot.registry.observer import Progress

TARGET = Reference.parse("registry.test/team/app:v1")
SMALL, LARGE = (Descriptor("x", Digest.of(size * b"x"), size) for size in (10, 1000))


def test_tally() -> None:
    """Every piece is told as it passes, and every blob when it has arrived."""
    heard: list[Progress] = []
    tally = Tally(TARGET, heard.append)
    tally.expect(SMALL)
    tally.expect(LARGE)
    tally.moved(LARGE, 600)
    tally.arrived(SMALL)
    tally.moved(LARGE, 400)
    tally.arrived(LARGE)
    shown = [astuple(each)[1:] for each in heard]
    assert shown == [(0, 2, 600, 1010), (1, 2, 610, 1010), (1, 2, 1010, 1010), (2, 2, 1010, 1010)]
    assert (tally.blobs, tally.sent) == (2, 1000)
    assert {each.target for each in heard} == {str(TARGET)}


def test_blob_that_is_named_twice() -> None:
    """It counts once."""
    heard: list[Progress] = []
    tally = Tally(TARGET, heard.append)
    tally.expect(SMALL)
    tally.expect(SMALL)
    tally.tell()
    assert (heard[-1].blobs_known, heard[-1].bytes_known) == (1, 10)


def test_blob_of_two_sizes() -> None:
    """Where it is said to have another size the second time, the first counts."""
    heard: list[Progress] = []
    tally = Tally(TARGET, heard.append)
    tally.expect(SMALL)
    tally.expect(replace(SMALL, size=3))
    tally.moved(replace(SMALL, size=3), 7)
    tally.arrived(replace(SMALL, size=3))
    assert [each.bytes for each in heard] == [7, 10]


def test_piece_that_is_sent_again() -> None:
    """What had to be sent twice counts once."""
    tally = Tally(TARGET, unheard)
    tally.expect(SMALL)
    tally.moved(SMALL, 8)
    tally.moved(SMALL, 8)
    tally.arrived(SMALL)
    assert tally.sent == 10


def test_blob_of_unknown_size() -> None:
    """A blob whose size nobody told has no bytes."""
    blob = Descriptor("x", Digest.of(b""), -1)
    heard: list[Progress] = []
    tally = Tally(TARGET, heard.append)
    tally.expect(blob)
    tally.moved(blob, 5)
    tally.arrived(blob)
    assert astuple(heard[-1])[1:] == (1, 1, 0, 0)
