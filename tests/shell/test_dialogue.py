from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from regbot.manual import reading
from regbot.shell import lines
from regbot.shell.completion import complete
from regbot.shell.dialogue import MAX_CHUNK, Typist
from regbot.shell.lines import Piped
from regbot.shell.names import Names
from regbot.supervisor.shell import Chunk

if TYPE_CHECKING:
    from collections.abc import Sequence


class Keyboard:
    """Somebody who types lines, and Ctrl-C for None."""

    def __init__(self, typed: Sequence[str | None], *, interactive: bool = True) -> None:
        self.interactive = interactive
        self.prompts: list[str] = []
        self._typed = list(typed)

    def read(self, prompt: str) -> bytes | None:
        """Return what is typed next."""
        self.prompts.append(prompt)
        if not self._typed:
            return None
        line = self._typed.pop(0)
        if line is None:
            raise KeyboardInterrupt
        return line.encode()


def typist(*typed: str | None) -> tuple[Typist, Keyboard]:
    """Return a dialogue with somebody at a terminal."""
    keyboard = Keyboard(typed)
    return Typist(keyboard, Names(reading.read())), keyboard


def piped(text: bytes) -> Typist:
    """Return a dialogue with a stream."""
    return Typist(Piped(BytesIO(text)), Names(reading.read()))


def test_lines_and_chunks() -> None:
    """A line is a chunk; one that wants more goes on at another prompt; empty lines between chunks are nothing."""
    dialogue, keyboard = typist("a", "", "  ", "b(", "", "c)", "d")
    assert dialogue.next("ready", "") == Chunk(b"a")
    assert dialogue.next("done", "") == Chunk(b"b(")
    assert dialogue.next("more", "…") == Chunk(b"b(\n")
    assert dialogue.next("more", "…") == Chunk(b"b(\n\nc)")
    assert dialogue.next("done", "") == Chunk(b"d")
    assert keyboard.prompts == ["> ", "> ", "> ", "> ", ">> ", ">> ", "> "]


def test_ctrl_c_drops_what_was_typed() -> None:
    """Ctrl-C at a prompt begins anew, also in the middle of a chunk, and ends nothing."""
    dialogue, keyboard = typist(None, "f(", None, "g()")
    assert dialogue.next("ready", "") == Chunk(b"f(")
    assert dialogue.next("more", "…") == Chunk(b"g()")
    assert keyboard.prompts == ["> ", "> ", ">> ", "> "]


def test_ctrl_c_against_a_stream() -> None:
    """Where nobody types, Ctrl-C is not for a line, but for the program."""
    with pytest.raises(KeyboardInterrupt):
        Typist(Keyboard([None, "x"], interactive=False), Names(reading.read())).next("ready", "")


@pytest.mark.parametrize("typed", [["exit"], [" quit "], []])
def test_the_end(typed: list[str]) -> None:
    """A session ends by a word, or with the lines."""
    assert typist(*typed)[0].next("ready", "") is None


def test_words_that_are_lua_within_a_chunk() -> None:
    """Within an unfinished chunk `exit` and `help` are Lua like all else."""
    dialogue, _ = typist("x = [[", "exit")
    dialogue.next("ready", "")
    assert dialogue.next("more", "…") == Chunk(b"x = [[\nexit")


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """`help` tells what is different here, and is no chunk."""
    dialogue, _ = typist("help", "x")
    assert dialogue.next("ready", "") == Chunk(b"x")
    assert "a local of one line is not there in the next" in capsys.readouterr().out


def test_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Values go to standard output, errors to standard error, and nothing of either moves the cursor."""
    dialogue, _ = typist("a", "b")
    dialogue.next("values", "{\n  1\x1b[2J\udcff}")
    dialogue.next("error", "shell:1: \x9bno")
    assert capsys.readouterr() == ("{\n  1\\x1b[2J\\xff}\n", "shell:1: \\x9bno\n")


@pytest.mark.parametrize("word", ["values", "error"])
def test_failure(word: str) -> None:
    """An error is a failure of a session that nobody sits at; at a terminal it was seen."""
    dialogues = (typist("a")[0], piped(b"a"))
    for dialogue in dialogues:
        dialogue.next(word, "x")
    assert [dialogue.failed for dialogue in dialogues] == [False, word == "error"]


def test_a_child_that_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever sits at a terminal goes on with another child; a stream, which needs the variables, does not."""
    assert typist()[0].lost("out of memory")
    assert not piped(b"").lost("out of memory")
    assert capsys.readouterr().err == "out of memory; all variables are gone\n" * 2


def test_lines_of_a_stream_are_counted() -> None:
    """A chunk of a stream has the number of its first line, for errors; Windows' ends of lines are ends."""
    dialogue = piped(b"\r\na(\r\n)\n\nhelp")
    assert dialogue.next("ready", "") == Chunk(b"a(", 2)
    assert dialogue.next("more", "…") == Chunk(b"a(\n)", 2)
    assert dialogue.next("done", "") == Chunk(b"help", 5)
    assert dialogue.next("done", "") is None


def test_a_stream_that_ends_too_early(capsys: pytest.CaptureFixture[str]) -> None:
    """A chunk that is not finished at the end of the stream is an error that says what it lacks."""
    dialogue = piped(b"a(")
    dialogue.next("ready", "")
    assert dialogue.next("more", "near <eof>") is None
    assert (dialogue.failed, capsys.readouterr().err) == (True, "near <eof>\n")


@pytest.mark.parametrize("text", [b"x" * (lines.MAX_LINE + 1), (b"x" * 1023 + b"\n") * (MAX_CHUNK // 1024 + 1)])
def test_lines_without_end(text: bytes) -> None:
    """A line, or a chunk, over the bound is an error, and ends the session."""
    dialogue, chunk = piped(text), Chunk(b"")
    word = "ready"
    while (given := dialogue.next(word, "")) is not None:
        word, chunk = "more", given
    assert dialogue.failed
    assert len(chunk.text) <= MAX_CHUNK


def test_chunks_are_learnt() -> None:
    """What a chunk defines is completed from then on."""
    names = Names(reading.read())
    Typist(Keyboard(["mine = 1"]), names).next("ready", "")
    assert complete("min", names)[1] == ["mine"]
