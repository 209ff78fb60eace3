"""What the trade agrees on: instruments, units, calendars, publication rules and the error types."""
