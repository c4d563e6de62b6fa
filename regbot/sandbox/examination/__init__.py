"""Whether the walls of the sandbox hold on this machine, tried in real children; not a part of the launcher."""
