from tests.application import demo_installation, empty_installation, installation, settings
from tests.mailbox import mailbox, smtp

__all__ = ["demo_installation", "empty_installation", "installation", "mailbox", "settings", "smtp"]
