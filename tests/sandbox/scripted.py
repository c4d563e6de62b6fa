"""A script and a supervisor that knows its answers beforehand, without any process or socket between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from regbot.protocol import frames, values
from regbot.protocol.conversation import Conversation, State
from regbot.protocol.messages import Call, Cancel, Failed, Failure, Log, Message, Ready, Result, Start
from regbot.sandbox import lua
from regbot.supervisor.operations.arguments import InvalidArgument
from regbot.supervisor.operations.modules import Modules

if TYPE_CHECKING:
    from regbot.protocol.values import Value

DIGEST: Final = "sha256:" + 64 * "0"
OCI: Final = "application/vnd.oci.image."

Arguments: TypeAlias = list["Value"]
Answers: TypeAlias = Mapping[str, Callable[[Arguments], "Value"]]
Choose: TypeAlias = Callable[[list[Call]], Call]
"""Says which of the open calls, in the order in which they came, is answered next."""


class Refused(Exception):
    """What a scripted operation answers with instead of a value: a failure, with what is known of it."""

    def __init__(self, message: str, **known: Value) -> None:
        super().__init__(message)
        self.payload = {"message": message, **known}


@dataclass
class Run:
    """What a script sent, in order, and how it ended."""

    messages: list[Message] = field(default_factory=list)
    most_open: int = 0
    """How many calls waited for their answers at once."""

    @property
    def cancelled(self) -> list[int]:
        """The numbers of the calls that it cancelled."""
        return [message.number for message in self.messages if isinstance(message, Cancel)]

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


def first(calls: list[Call]) -> Call:
    """Choose the oldest call."""
    return calls[0]


def last(calls: list[Call]) -> Call:
    """Choose the newest call."""
    return calls[-1]


def run(
    source: str | bytes,
    answers: Answers | None = None,
    *,
    name: str = "main",
    environment: Mapping[str, Value] | None = None,
    modules: Mapping[str, str] | None = None,
    choose: Choose = first,
) -> Run:
    """Run a script to its end.

    *answers* says what each operation answers, *environment* goes with the start, and *modules* are a user's.  A call
    is answered when the script waits, and *choose* says which one.
    """
    script, done, calls = lua.Script(prelude()), Run(), list[Call]()
    conversation = Conversation()
    conversation.received(Ready())
    conversation.sent(Start(name, b"", b""))
    answers = {"require": required(modules or {}), **(answers or {})}
    answer = script.resume(start(source, name, environment))
    while answer is not None:
        if not answer:
            reply = _taken(choose(calls), calls, answers, done.cancelled)
            conversation.sent(reply)
            answer = script.resume(body(reply))
            continue
        message = frames.decode(answer)
        conversation.received(message)
        done.messages.append(message)
        if isinstance(message, Call):
            calls.append(message)
            done.most_open = max(done.most_open, len(calls))
        answer = script.resume(b"")
    assert conversation.state is State.ENDED
    return done


def logs(
    source: str,
    answers: Answers | None = None,
    *,
    environment: Mapping[str, Value] | None = None,
    modules: Mapping[str, str] | None = None,
) -> list[str]:
    """Run a script that comes to a good end, return what it logged."""
    done = run(source, answers, environment=environment, modules=modules)
    assert not isinstance(done.messages[-1], Failed), done.error
    return done.logs


def error_of(source: str, answers: Answers | None = None, *, modules: Mapping[str, str] | None = None) -> str:
    """Run a script that fails, return the text of the error."""
    return run(source, answers, modules=modules).error


def _taken(call: Call, calls: list[Call], answers: Answers, cancelled: list[int]) -> Message:
    calls.remove(call)
    if call.number in cancelled:
        return Failure(call.number, values.pack({"message": f"{call.operation}: cancelled", "code": "CANCELLED"}))
    return _answer(call, answers)


def _answer(call: Call, answers: Answers) -> Message:
    arguments = values.unpack(call.payload)
    assert isinstance(arguments, list)
    try:
        return Result(call.number, values.pack(answers[call.operation](arguments)))
    except Refused as exc:
        return Failure(call.number, values.pack(exc.payload))


def required(modules: Mapping[str, str]) -> Callable[[Arguments], Value]:
    """Return what answers `require`, as the supervisor does: regbot's own modules, and *modules*."""
    known = Modules({name: text.encode() for name, text in modules.items()})

    def answer(arguments: Arguments) -> Value:
        (name,) = arguments
        assert isinstance(name, bytes)
        try:
            return known.source(name.decode())
        except InvalidArgument as exc:
            raise Refused(f'require "{name.decode()}": {exc}') from exc

    return answer


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
