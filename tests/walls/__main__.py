"""Print the table of docs/security.md, between its two marks.

usage (root, on a kernel where every wall holds): python -m tests.walls
"""

import sys

from tests.walls.table import BEGIN, END, markdown

sys.stdout.write(f"{BEGIN}\n\n{markdown()}\n\n{END}\n")
