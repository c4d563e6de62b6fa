"""Opens what shows a server over HTTP, before the server itself begins."""

from __future__ import annotations

import atexit
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regbot.web.address import Address, CannotListen
from regbot.web.app import App
from regbot.web.binding import Bound, bind
from regbot.web.engine import Engine
from regbot.web.guard import Guard
from regbot.web.token import Token

if TYPE_CHECKING:
    from loguru import Logger

    from regbot.supervisor.server.control import Control
    from regbot.supervisor.server.telemetry import Telemetry

__all__ = ["CannotListen", "Face", "open_face"]


@dataclass(frozen=True, slots=True)
class Face:
    """What shows a server: sockets that listen already, and the token, if one is needed."""

    bound: Bound
    token: Token | None
    log: Logger

    async def __call__(self, control: Control, telemetry: Telemetry) -> None:
        """Answer until cancelled; nobody is connected then, and the file of a Unix socket is gone."""
        guard = Guard(self.bound.address, self.token, telemetry, self.log)
        engine = Engine(App(control, telemetry, guard, self.log), telemetry, self.log)
        self.log.bind(address=str(self.bound.address)).info("Listening")
        try:
            await engine.serve(self.bound.sockets)
        finally:
            self.bound.close()


def open_face(listen: str, token_file: str | None, log: Logger) -> Face:
    """Listen at an address as the command line has it; CannotListen if that cannot be, or the token cannot be read."""
    address = Address.parse(listen)
    token = None if token_file is None else Token(token_file, log)
    bound = bind(address, anywhere=token is not None)
    # A server that ends before it began leaves no socket behind, either.
    atexit.register(bound.close)
    return Face(bound, token, log)
