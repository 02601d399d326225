"""Fixtures every test may use; those of the machine itself come from devstack.pytest_plugin."""
