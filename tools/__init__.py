"""What those who work on the program use, and the program does not."""
