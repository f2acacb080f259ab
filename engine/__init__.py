"""Decides what to trade; knows no database and no screen."""
