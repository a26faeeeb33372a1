"""`python -m pcloud_interop`: the same as the command."""

import sys

from pcloud_interop.cli import main

sys.exit(main())
