"""What can be wrong with bytes from the other end."""


class WireError(Exception):
    """The other end does not speak the protocol.  From a child this ends its run; it is never the script's to catch."""
