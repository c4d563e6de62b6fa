"""When `regbot server` would start the scripts of a configuration, for `regbot check`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from regbot.plain import one_line
from regbot.supervisor.schedule.plan import Plan
from regbot.supervisor.schedule.times import upcoming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from regbot.config.model import Script

SHOWN: Final = 3
"""Times of each script."""
_UNITS: Final = (("h", 3600), ("m", 60))


def starts(scripts: Sequence[Script], now: float, *, local: tzinfo | None = None) -> Iterator[str]:
    """Yield a line for each script; *now* is in seconds since 1970, *local* the zone (None: the program's)."""
    for script in scripts:
        yield one_line(f"{script.name}{_times(script, now, local)}")


def _times(script: Script, now: float, local: tzinfo | None) -> str:
    plan = Plan.of(script)
    later = f", each up to {spelled(plan.jitter)} later" if plan.jitter else ""
    rule = f"interval {spelled(plan.interval or 0)}" if plan.schedule is None else plan.schedule.text
    if plan.span is not None:
        span = spelled(plan.span)
        return f" ({rule}): {span} after the server starts, then every {span}{later}"
    if plan.schedule is None:
        return ": no schedule and no interval, it runs only with regbot once, or when a server is asked to"
    zone = plan.schedule.zone or local
    found = [_shown(time, zone) for time in upcoming(plan, now, SHOWN, local=local)]
    return f" ({rule}): {', '.join(found) or 'never'}{later}"


def _shown(time: float, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(time, UTC).astimezone(zone).strftime("%a %Y-%m-%d %H:%M %Z")


def spelled(seconds: float) -> str:
    """Return a span as the configuration would have it: 1h30m."""
    text = ""
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        text += f"{count:.0f}{unit}" if count else ""
    return text + f"{seconds:.9g}s" if seconds or not text else text
