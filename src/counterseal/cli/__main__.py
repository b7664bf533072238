"""`python -m counterseal.cli`."""

import sys

from counterseal.cli import main

sys.exit(main())
