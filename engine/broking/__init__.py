"""Broking: how do engine and broker speak when a queue is between them?"""
