"""The examination's entry: `python -I -S …/regbot/sandbox/examination/__main__.py FOLDER...`, as of the launcher."""

import sys

sys.path.extend(sys.argv[1:])

from regbot.sandbox.examination import examination

examination.run()
