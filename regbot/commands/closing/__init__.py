"""What `regbot once` shows while scripts run and when all have ended: bars, a table, a report."""
