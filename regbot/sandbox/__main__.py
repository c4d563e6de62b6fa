"""The launcher's entry: `python -I -S …/regbot/sandbox/__main__.py TIME_ZONE FOLDER...`.

Run by its path and without `site`, so that nothing but this program decides what is imported: from the standard library
and from the FOLDERs, where the supervisor has found regbot and lupa.
"""

import sys

time_zone, *folders = sys.argv[1:]
sys.path.extend(folders)

from regbot.sandbox import launcher, lua  # noqa: E402 -- found only now

prelude = lua.read_prelude()
launcher.run(time_zone, lambda: lua.Script(prelude))
