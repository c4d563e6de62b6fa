"""When scripts are due."""
