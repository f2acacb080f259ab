"""Hand clock: seconds that a test lets pass."""


class HandClock:
    """Seconds that go on when somebody moves the hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds
