from tests.application import demo_installation, empty_installation, installation, settings

__all__ = ["demo_installation", "empty_installation", "installation", "settings"]
