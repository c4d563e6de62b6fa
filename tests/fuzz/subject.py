"""What fuzzing is done to: a way to make inputs, and a function that checks one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from random import Random

Check: TypeAlias = Callable[[bytes], str]
"""Says in a word what became of an input (so that it shows that not all are refused); AssertionError, or any other
exception, is a fault."""
Make: TypeAlias = Callable[["Random"], bytes]

LONGEST: Final = 4096
"""Bytes of an input, but where a subject makes its own."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that reads what others wrote."""

    name: str
    make: Make
    check: Check


def pieces(corpus: Sequence[bytes], tokens: Sequence[bytes]) -> Make:
    """Return a maker of inputs: an honest one as it is, one that was changed, or tokens in a row."""

    def make(chance: Random) -> bytes:
        if chance.random() < 0.2:
            return b"".join(chance.choice(tokens) for _ in range(chance.randint(0, 12)))
        found = chance.choice(corpus)
        for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
            found = mutated(chance, found, corpus, tokens)
        return found[:LONGEST]

    return make


def mutated(chance: Random, data: bytes, corpus: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """Return *data* with one change."""
    start = chance.randint(0, len(data))
    end = min(len(data), start + chance.choice((0, 1, 1, 2, 8, 64)))
    match chance.randint(0, 5):
        case 0:
            new = chance.randbytes(chance.randint(1, 4))
        case 1 | 2:
            new = chance.choice(tokens)
        case 3:
            new = b""
        case 4:
            new = data[start:end] * chance.choice((2, 2, 3, 40))
        case _:
            other = chance.choice(corpus)
            new = other[chance.randint(0, len(other)) :]
    return data[:start] + new + data[end:]


def text_of(data: bytes) -> str:
    """Return the text that an input stands for; a byte that is no UTF-8 is a lone surrogate."""
    return data.decode("utf-8", "surrogateescape")
