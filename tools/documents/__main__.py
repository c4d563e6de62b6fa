"""Writes every document that has a part which is made of the code."""

from __future__ import annotations

from tools.documents.documents import documents

for path, text in documents().items():
    path.write_text(text, encoding="utf-8")
