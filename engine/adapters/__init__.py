"""The outside world without SQL or Redis: clocks, calendars, files."""
