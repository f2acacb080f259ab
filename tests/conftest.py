"""Settings of the whole suite. `HYPOTHESIS_PROFILE=ci` makes property tests repeat the same examples each time.

`HYPOTHESIS_PROFILE=thorough` tries many more of them.
"""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

gc.set_threshold(20_000, 20, 20)  # as the program does (stonks_tui/cli.py): a tenth of the time of tests with screens

EXAMPLES = 22
"""Of each property, unless it says otherwise: the whole suite is to be done in some minutes on two processors."""
MANY = 450  # of each, for who has the time

settings.register_profile("default", deadline=None, max_examples=EXAMPLES)
settings.register_profile("thorough", deadline=None, max_examples=MANY)
settings.register_profile(
    "ci",
    deadline=None,
    max_examples=EXAMPLES,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(  # `./stonks mutants`: the first failure is all that is asked for
    "mutants",
    deadline=None,
    derandomize=True,
    max_examples=15,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))


@pytest.fixture(scope="module", autouse=True)
def environment_is_as_it_was() -> Iterator[None]:
    """What a module leaves behind in the environment is met by strangers: it is said here, at the module itself."""
    before = _environment()
    yield
    after = _environment()
    left = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    os.environ.update(before)
    for name in after.keys() - before.keys():
        del os.environ[name]
    assert not left, f"the environment has changed: {', '.join(left)}"


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("STONKS_")}
