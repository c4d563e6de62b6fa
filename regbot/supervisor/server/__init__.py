"""`regbot server`: scripts on their schedules, for as long as it takes."""
