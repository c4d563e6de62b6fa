"""Arguments of calls as an enemy writes them, against every row of the table; nothing here is done, only understood."""

from __future__ import annotations

import math
import struct
from contextlib import suppress
from typing import Final

import msgpack
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from regbot.protocol.errors import WireError
from regbot.protocol.values import pack
from regbot.registry.aside import LARGE
from regbot.registry.errors import RegistryError
from regbot.registry.hosts import Hosts
from regbot.registry.registries import Registries
from regbot.supervisor.gate import MAX_ARGUMENTS, MAX_VALUES, Gate
from regbot.supervisor.operations import table
from regbot.supervisor.operations.table import FAULTS, OPERATIONS, OperationFailed
from tests.protocol.wire import AMPLIFIERS, array, mapping

DIGEST: Final = b"sha256:" + b"a" * 64
MANIFEST: Final = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}'

NUMBERS: Final = [math.nan, math.inf, -math.inf, -0.0, -1, 0, 1, 0.5, 1e300, 5e-324, 1 << 53, (1 << 53) + 1]
TEXTS: Final = [
    b"a/b",
    b"r.io/a/b:v1",
    b"r.io/a/b@" + DIGEST,
    b"ocidir://x",
    b"ocidir://../../etc:v1",
    b"ocidir:///etc/passwd",
    b"file:///etc/passwd",
    b"http://169.254.169.254/latest",
    b"a/b\0",
    b"a/b\r\nHost: evil",
    b"a/b?n=1",
    b"a/b#c",
    b"a/../b",
    b"%2e%2e/%2e%2e",
    b"r.io:99999/a",
    b"[::1]:5000/a",
    b"user:password@r.io/a",
    b"a/b:" + b"t" * 129,
    b"a" * 4096,
    b"a" * 4097,
    b"-oProxyCommand=x",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98\x80",
    b"__class__",
    b"{0.__class__}",
    b"%s%n",
    b"$(id)",
    DIGEST,
    DIGEST.upper(),
    b"sha256:" + b"a" * 63,
    b"md5:" + b"a" * 32,
    b"linux/amd64",
    b"local",
    b"1h",
    b"-1h",
    b"1e9h",
    b"9" * 4000 + b"h",
    b"../../etc/passwd",
    b"/dev/mem",
    b"replace",
    b"",
]
KEYS: Final = [
    "reference",
    "digest",
    "size",
    "body",
    "mediaType",
    "limit",
    "last",
    "missingOk",
    "artifactType",
    "platforms",
    "referrers",
    "ifExists",
    "forceRecursive",
    "__class__",
    "__proto__",
    "",
    "k" * 4096,
    "a\r\nb",
    "a\0b",
]
SCALARS: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(NUMBERS),
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.floats(),
    st.sampled_from(TEXTS),
    st.sampled_from([MANIFEST, MANIFEST[:-1], b"{}", b"[" * 1000, b'{"a":' * 1000, b'{"layers":[1,{},null]}']),
    st.binary(max_size=20),
    st.text(max_size=20),
)
VALUES: Final = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def understood(name: str, payload: bytes) -> list[object]:
    """Return the arguments of a call as values, as the gate reads them."""
    given = GATE.unpack(name, payload)
    assert len(table.describe(name, given)) < 2000
    try:
        return table.parse(OPERATIONS[name], given)
    except FAULTS as exc:
        raise OperationFailed(str(exc), exc) from exc


GATE: Final = Gate(registry=Registries(Hosts(()), user_agent="test"), slots=trio.CapacityLimiter(1))


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=50)
@given(given=st.lists(VALUES, max_size=5) | VALUES)
def test_any_value_is_understood_or_refused(name: str, given: object) -> None:
    """Whatever value a call carries, there are arguments, or one of the two errors that a run can meet."""
    with suppress(OperationFailed, WireError):
        understood(name, msgpack.packb(given, unicode_errors="surrogatepass"))


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=25)
@given(st.binary(max_size=60))
def test_any_bytes_are_understood_or_refused(name: str, payload: bytes) -> None:
    """Likewise of bytes that need be no value at all."""
    with suppress(OperationFailed, WireError):
        understood(name, payload)


NASTY: Final = {
    "equal keys": b"\x91\x82\xa9reference\xc4\x03a/b\xa9reference\x01",
    "a map alone": b"\x91\x80",
    "a map of many": b"\x91" + mapping(600) + b"".join(b"\xa4%04d\x01" % n for n in range(600)),
    "NaN": b"\x91\xcb" + struct.pack(">d", math.nan),
    "a long integer": b"\x91\xcf" + b"\xff" * 8,
    "true": b"\x91\xc3",
    "a key of 4 KiB": b"\x91\x81\xda\x10\x00" + b"k" * 4096 + b"\x01",
    "names of Python": b"\x91\x81\xa9__class__\xa8__dict__",
    "many values": b"\x91" + array(5000) + bytes(5000),
    "a long text": b"\x91\xc6\x00\x10\x00\x00" + bytes(1 << 20),
}


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("what", NASTY)
def test_nasty_arguments_are_refused(name: str, what: str) -> None:
    """No operation takes any of these as its first argument, and none makes more of it than an error that is told."""
    arguments: object = None
    with suppress(OperationFailed, WireError):
        arguments = understood(name, NASTY[what])
    assert arguments is None or (name, what) == ("blob.put", "a long text")


@pytest.mark.parametrize(
    "text", [b"a/b\r\nX: y", b"a/b\0", b"a b/c", b"a/\x1b[2J", b"a/b?c=d", b"a/b#c", b"a/%2e%2e/c"]
)
@pytest.mark.parametrize("name", OPERATIONS)
async def test_no_text_steers_a_request(name: str, text: bytes) -> None:
    """What could end a line, a path or a terminal's good manners names nothing, and nobody is asked for it."""
    with pytest.raises(OperationFailed) as caught:
        await GATE.perform(name, [text])
    assert not isinstance(caught.value.cause, RegistryError)


@pytest.mark.parametrize("name", [name for name, row in OPERATIONS.items() if not row.takes_content])
def test_what_takes_no_content_takes_no_long_arguments(name: str) -> None:
    """The script that passes a megabyte where a name belongs meets an error that says so."""
    payload = pack([b"x" * MAX_ARGUMENTS])
    with pytest.raises(OperationFailed) as caught:
        GATE.unpack(name, payload)
    size = f"{len(payload)} bytes, of at most {MAX_ARGUMENTS}"
    assert caught.value.message == f"{name}: the arguments are too large: {size}"


@pytest.mark.parametrize("count", [MAX_VALUES - 1, MAX_VALUES])
def test_no_operation_takes_many_values(count: int) -> None:
    """The list of arguments may hold so many values, itself counted, and one more is an error of the script."""
    payload = array(count) + bytes(count)
    if count < MAX_VALUES:
        assert GATE.unpack("blob.put", payload) == [0] * count
        return
    with pytest.raises(OperationFailed, match=f"blob.put: the arguments are too large: more than {MAX_VALUES} values"):
        GATE.unpack("blob.put", payload)


@pytest.mark.parametrize("name", AMPLIFIERS)
def test_no_payload_of_a_script_becomes_many_objects(name: str) -> None:
    """A megabyte of values is refused before it is a megabyte of objects, also where content is taken."""
    with pytest.raises((OperationFailed, WireError)):
        GATE.unpack("manifest.put", AMPLIFIERS[name])


async def test_a_large_manifest_is_read_beside_what_else_goes_on() -> None:
    """While a manifest of megabytes is read for one run, others have their turns; what comes of it is the same."""
    body = MANIFEST[:-1] + b',"x":[' + b",".join([b'"%019d"' % n for n in range(200_000)]) + b"]}"
    given = [{"reference": b"a/b", "mediaType": b"", "body": body}]
    turns, over = 0, trio.Event()

    async def others() -> None:
        nonlocal turns
        while not over.is_set():
            turns += 1
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        slowly = await GATE.perform("manifest.export", given, size=len(body))
        over.set()
    assert len(body) > LARGE
    assert turns > 3
    assert slowly == await GATE.perform("manifest.export", given)
