"""The settings of all tests of the client. They need neither Django nor a service."""

import hypothesis

hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")
