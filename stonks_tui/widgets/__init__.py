"""Widgets: paint what view models say."""
