"""The sans-IO core: events in, effects out."""
