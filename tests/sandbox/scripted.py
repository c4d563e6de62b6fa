"""A script and a supervisor that knows its answers beforehand, without any process or socket between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from regbot.protocol import frames, values
from regbot.protocol.messages import Call, Failed, Failure, Log, Message, Result, Start
from regbot.sandbox import lua

if TYPE_CHECKING:
    from regbot.protocol.values import Value

DIGEST: Final = "sha256:" + 64 * "0"
OCI: Final = "application/vnd.oci.image."

Arguments: TypeAlias = list["Value"]
Answers: TypeAlias = Mapping[str, Callable[[Arguments], "Value"]]


class Refused(Exception):
    """What a scripted operation answers with instead of a value: a failure."""


@dataclass
class Run:
    """What a script sent, in order, and how it ended."""

    messages: list[Message] = field(default_factory=list)

    @property
    def logs(self) -> list[str]:
        """The texts of its log messages."""
        return [message.text.decode() for message in self.messages if isinstance(message, Log)]

    @property
    def calls(self) -> list[tuple[str, Value]]:
        """Its calls: operation and arguments."""
        calls = [message for message in self.messages if isinstance(message, Call)]
        return [(call.operation, values.unpack(call.payload)) for call in calls]

    @property
    def failed(self) -> Failed:
        """Its end, which was a failure."""
        end = self.messages[-1]
        assert isinstance(end, Failed), self.messages[-3:]
        return end

    @property
    def error(self) -> str:
        """The text of the error that it ended with."""
        return self.failed.text.decode()


@cache
def prelude() -> lua.Prelude:
    """Return the prelude, compiled once for all tests."""
    return lua.read_prelude()


def body(message: Message) -> bytes:
    """Return the body of a message's frame, as the driver takes it."""
    return frames.encode(message)[frames.HEADER.size :]


def start(source: str | bytes, name: str = "main", environment: Mapping[str, Value] | None = None) -> bytes:
    """Return the body of the frame that starts a script."""
    text = source.encode() if isinstance(source, str) else source
    return body(Start(name, text, values.pack(environment or {})))


def run(
    source: str | bytes,
    answers: Answers | None = None,
    *,
    name: str = "main",
    environment: Mapping[str, Value] | None = None,
) -> Run:
    """Run a script to its end; *answers* says what each operation answers, *environment* goes with the start."""
    script, done, waiting = lua.Script(prelude()), Run(), b""
    answer = script.resume(start(source, name, environment))
    while answer is not None:
        if answer:
            message = frames.decode(answer)
            done.messages.append(message)
            if isinstance(message, Call):
                waiting = body(_answer(message, answers or {}))
        answer = script.resume(b"" if answer else waiting)
    return done


def logs(source: str, answers: Answers | None = None, *, environment: Mapping[str, Value] | None = None) -> list[str]:
    """Run a script that comes to a good end, return what it logged."""
    done = run(source, answers, environment=environment)
    assert not isinstance(done.messages[-1], Failed), done.error
    return done.logs


def error_of(source: str, answers: Answers | None = None) -> str:
    """Run a script that fails, return the text of the error."""
    return run(source, answers).error


def _answer(call: Call, answers: Answers) -> Message:
    arguments = values.unpack(call.payload)
    assert isinstance(arguments, list)
    try:
        return Result(call.number, values.pack(answers[call.operation](arguments)))
    except Refused as exc:
        return Failure(call.number, values.pack({"message": str(exc)}))


def reference(arguments: Arguments) -> Value:
    """Answer reference.new: everything is a reference with the last colon before its tag."""
    (text,) = arguments
    assert isinstance(text, bytes)
    name, _, digest = text.decode().partition("@")
    repository, _, tag = name.rpartition(":") if ":" in name.rpartition("/")[2] else (name, "", "")
    return {"repository": repository, "tag": tag or ("" if digest else "latest"), "digest": digest}


def manifest(json: str | None, media_type: str = OCI + "manifest.v1+json", **rate_limit: Value) -> dict[str, Value]:
    """Return what the manifest operations answer; without *json*, what a HEAD does."""
    quota: dict[str, Value] = {"Set": False, "Remain": 0, "Limit": 0, "Reset": 0, "Policies": [], **rate_limit}
    return {
        "reference": "registry.example/app:v1",
        "descriptor": {"mediaType": media_type, "digest": DIGEST, "size": 7},
        "ratelimit": quota,
        **({} if json is None else {"body": json.encode()}),
    }


def blob(size: int | None = 7) -> dict[str, Value]:
    """Return what blob.get and blob.head answer; None: nobody says how large it is."""
    return {"repository": "registry.example/app", "digest": DIGEST, "size": size}


def config(json: str) -> dict[str, Value]:
    """Return what image.config answers."""
    return {"reference": "registry.example/app:v1", "digest": DIGEST, "body": json.encode()}
