"""For all tests: properties are judged by what they find, never by how long this machine takes for it."""

import os

from hypothesis import settings

settings.register_profile("project", deadline=None, print_blob=True)
# In CI the same examples each time, so that a red build says something about the change.
settings.register_profile("ci", parent=settings.get_profile("project"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "project")
