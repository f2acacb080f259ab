"""The rules of risk: one file, one question; no file imports another."""
