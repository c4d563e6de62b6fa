"""Configuration files: any bytes are a configuration and findings, and nothing else comes of them."""

from __future__ import annotations

from typing import Final

from regbot.config.loading import examine
from tests.fuzz.subject import Subject, pieces

PASSWORD: Final = "c4n4ry-in-a-file"  # of a file that a template names
_USUAL: Final = b"""version: 1
creds:
- registry: r.example:5000
  user: me
  pass: '{{file "/p"}}'
  tls: disabled
  mirrors: [a.b]
defaults:
  parallel: 2
  timeout: 1h
  limits: {memory: 128MiB, cpu: 2, operations: 5}
scripts:
- name: n
  schedule: '0 2 * * *'
  script: |
    log('hi')
"""
_CORPUS: Final = [
    _USUAL,
    b"x-a: &a {timeout: 5s, name: b}\nscripts:\n- <<: *a\n  script: x\n- <<: [*a]\n  name: c\n  interval: -1s\n",
    b'{"version": 1, "scripts": [{"name": "n", "script": "x", "limits": {"inFlight": 3, "logBytes": "1MiB"}}]}',
    b"isolation: {require: [seccomp, landlock]}\nmodules: [a, b]\nscripts: []\n",
    b"--- \n...\n---\nscripts: 1\n",
    b"",
    b"creds:\n- registry: docker.io\n  credHelper: docker-credential-x\n  apiOpts: {disableHead: 'true'}\n",
]
_TOKENS: Final = [
    b"version: 2", b"&a", b"*a", b"<<: ", b"!!python/object:os.system ", b"!!binary ", b"!<tag:x> ", b"? ", b"- ",
    b": ", b"{", b"}", b"[", b"]", b"'", b'"', b"|", b">-", b"\n", b"\n  ", b"\t", b"#", b"%YAML 9.9\n---\n",
    b"%TAG ! x\n", b"---", b"...", b"[" * 120, b"{a: " * 120, b"&a [*a, *a]", b"\xef\xbb\xbf", b"\xff\xfe", b"\0",
    b"\xff", b"\xc2\x85", "\u2028".encode(), b"9" * 5000, b"0x1F", b"1_000", b".inf", b".nan", b"~", b"null", b"yes",
    b"2001-01-01", b'{{env "HOME"}}', b"{{", b"{{range 1000000000}}{{end}}", b"1e999",
    b"a: &b [1,1,1,1,1,1,1,1]\nc: &d [*b,*b,*b,*b,*b,*b,*b,*b]\ne: &f [*d,*d,*d,*d,*d,*d,*d,*d]\ng: [*f,*f,*f,*f]\n",
    b"scripts", b"creds", b"timeout", b"limits", b"name: ", b"registry: ", b"pass: ", b"memory: ", b"schedule: ",
    b"0 0 * * *", b"-1",
]  # fmt: skip


def check(data: bytes) -> str:
    """Hold that any bytes give findings or a configuration, and no finding shows what a template has read."""
    found = examine(data, "regbot.yml", environ={"HOME": PASSWORD}, read_file=lambda _: PASSWORD)
    lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\xc2\x85") + data.count(b"\xe2\x80") + 1
    for finding in (*found.errors, *found.warnings):
        assert PASSWORD not in str(finding)
        assert 0 <= finding.line <= lines
    return ("refused" if found.errors else "accepted") + (" with warnings" if found.warnings else "")


SUBJECT: Final = Subject("configurations", pieces(_CORPUS, _TOKENS), check)
