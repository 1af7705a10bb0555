"""What all tests share: property tests that never fail for the time of day, and repeat exactly where it counts."""

from __future__ import annotations

import os

import hypothesis

# The machine may be busy: no example has a deadline. On CI the examples are the same in every run.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")
