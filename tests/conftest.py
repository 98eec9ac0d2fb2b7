"""How many cases Hypothesis tries: a few hundred in each run, ten thousand with HYPOTHESIS_PROFILE=release."""

import os

from hypothesis import settings

settings.register_profile("default", max_examples=200, deadline=None)
settings.register_profile("release", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
