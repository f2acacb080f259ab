"""Settings of the whole suite. `HYPOTHESIS_PROFILE=ci` makes property tests repeat the same examples each time."""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile("default", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
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
