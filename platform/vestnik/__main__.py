"""`python -m vestnik` is the command `vestnik`."""

import sys

from vestnik.cli import main

sys.exit(main())
