"""How the property tests of the engine run."""

from hypothesis import settings

# No time limit for a single example: on a busy machine it would fail now and then, and tell nothing.
settings.register_profile("hub", parent=settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("hub")
