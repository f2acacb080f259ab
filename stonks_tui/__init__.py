"""The terminal application: shows and steers, never computes money."""
