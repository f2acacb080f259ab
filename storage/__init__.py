"""Storage: remembers, in the engine's words."""
