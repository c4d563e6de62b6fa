"""What `regbot doctor` finds out: whether the walls of the sandbox hold here, and what registries are like."""
