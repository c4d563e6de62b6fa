"""Long lives of a real server: `python -m tests.endurance.soak` and `python -m tests.endurance.kills`."""
