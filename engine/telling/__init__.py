"""Telling: what happens to an account that people are to hear of, in which words, and how it reaches them."""
