"""Day steps: how many sessions does a command go on or back?"""

_MONTH = 21
_FAR = 1_000_000
STEPS = {
    "previous_day": -1,
    "next_day": 1,
    "previous_month": -_MONTH,
    "next_month": _MONTH,
    "first_day": -_FAR,
    "last_day": _FAR,
}
"""How many sessions a command goes on."""
