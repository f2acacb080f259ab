"""Screens: one for each question a person has; they arrange widgets and turn keys into requests."""
