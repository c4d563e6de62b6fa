"""What `regbot COMMAND` does: a module a command, each with a function `command`, imported when it is chosen."""
