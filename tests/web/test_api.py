"""The API of a real server, over TCP."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from regbot.web.openapi import document
from tests.web.site import API, CONFIG, ODD, TOKEN, begin, events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.web.site import Site


@pytest.fixture
def endless(site: Site) -> Iterator[int]:
    """Start a run that does not end by itself, give its number."""
    number = begin(site.http, "endless")
    yield number
    site.http.post(f"{API}/runs/{number}/cancel")
    list(events(site.http, f"{API}/runs/{number}/events"))


def test_server(site: Site) -> None:
    """The server says what it is at."""
    state = site.http.get(f"{API}/server").json()
    assert (state["scripts"], state["stopping"], state["dry_run"]) == (3, False, False)


def test_scripts(site: Site) -> None:
    """Scripts are listed in the order of the file."""
    assert [each["name"] for each in site.http.get(f"{API}/scripts").json()] == ["mirror", ODD, "endless"]


def test_odd_name(site: Site) -> None:
    """A script whose name has slashes, percent signs and letters beyond ASCII is found, and run, by that name."""
    assert site.http.get(f"{API}/scripts/{quote(ODD, safe='')}").json()["name"] == ODD
    assert site.run(quote(ODD, safe=""))["script"] == ODD


def test_run(site: Site) -> None:
    """A run that is asked for is made, has an address, and is told of until its end."""
    begun = site.http.post(f"{API}/scripts/mirror/runs", json={})
    path = begun.headers["Location"]
    assert path == f"{API}/runs/{begun.json()['id']}"
    told = list(events(site.http, f"{path}/events"))
    assert "begun" in [value["fields"].get("message") for name, _, value in told if name == "log"]
    assert ["blob.put" in value["operation"] for name, _, value in told if name == "operation"] == [True]
    assert len([value for name, _, value in told if name == "change"]) == 1
    assert [name for name, _, _ in told][-2:] == ["record", "end"]
    assert told[-2][2]["outcome"] == "success"
    assert site.http.get(path).json() == told[-2][2]


def test_lists(site: Site) -> None:
    """What a run logged, did and changed can be listed, also without what is known already."""
    number = site.run("mirror")["id"]
    for part in ("log", "operations", "changes"):
        whole = site.http.get(f"{API}/runs/{number}/{part}").json()
        assert whole
        assert site.http.get(f"{API}/runs/{number}/{part}", params={"after": 1}).json() == whole[1:]


def test_dry_run(site: Site) -> None:
    """A run is a dry run if that is asked for."""
    assert site.run("mirror", dry_run=True)["dry_run"] is True
    assert site.run("mirror")["dry_run"] is False


def test_resumed_stream(site: Site) -> None:
    """A stream goes on after the last event that was heard, by header or by parameter; by neither it is whole."""
    path = f"{API}/runs/{site.run('mirror')['id']}/events"
    whole = list(events(site.http, path))
    heard = [name for name, _, _ in whole].index("operation")
    rest = [each for each in whole[heard + 1 :] if each[0] != "record"]
    for resumed in (events(site.http, path, whole[heard][1]), events(site.http, f"{path}?after={whole[heard][1]}")):
        assert [each for each in resumed if each[0] != "record"] == rest


def test_live_stream(site: Site, endless: int) -> None:
    """What a run logs is told while it runs, and its end when it comes."""
    stream = events(site.http, f"{API}/runs/{endless}/events")
    assert next(name for name, _, value in stream if name == "log" and value["fields"].get("message") == "begun")
    site.http.post(f"{API}/runs/{endless}/cancel")
    assert [name for name, _, _ in stream][-2:] == ["record", "end"]


def test_cancel(site: Site, endless: int) -> None:
    """A run that goes on is ended; one that has ended is not ended again."""
    path = f"{API}/runs/{endless}"
    assert site.http.post(f"{path}/cancel").status_code == 202
    assert [name for name, _, _ in events(site.http, f"{path}/events")][-1] == "end"
    assert site.http.get(path).json()["outcome"] == "cancelled"
    assert site.http.post(f"{path}/cancel").status_code == 409


def test_busy(site: Site, endless: int) -> None:
    """A script that runs already is not started again, and the answer says what to do."""
    answer = site.http.post(f"{API}/scripts/endless/runs", json={})
    assert (answer.status_code, answer.headers["Content-Type"]) == (409, "application/problem+json")
    assert "cancel" in answer.json()["detail"]
    assert site.http.get(f"{API}/scripts/endless").json()["running"] == endless


def test_server_stream(site: Site) -> None:
    """Whoever looks at the server hears of its state at once, and of a script when that has run."""
    stream = events(site.http, f"{API}/events")
    assert next(stream)[0] == "server"
    number = site.run("mirror")["id"]
    changed = (each for name, _, value in stream if name == "scripts" for each in value["changed"])
    assert next(each for each in changed if each["last"] and each["last"]["id"] == number)["name"] == "mirror"


def test_pages_of_runs(site: Site) -> None:
    """Runs come the latest first, and page by page by the header Link."""
    numbers = [site.run("mirror")["id"] for _ in range(3)]
    first = site.http.get(f"{API}/runs", params={"script": "mirror", "limit": 2})
    second = site.http.get(first.links["next"]["url"])
    assert [each["id"] for each in (*first.json(), *second.json())][:3] == numbers[::-1]
    assert "next" not in site.http.get(f"{API}/runs", params={"limit": 500}).links


def test_reload(site: Site) -> None:
    """The configuration is read anew; one that cannot be used is refused with its findings, and changes nothing."""
    site.config.write_text(CONFIG + "  - {name: new, script: log(1)}\n")
    assert site.http.post(f"{API}/reload").json()["added"] == ["new"]
    site.config.write_text(CONFIG + "  - {name: new, interval: sometimes, script: log(1)}\n")
    refused = site.http.post(f"{API}/reload", json={})
    assert refused.status_code == 422
    assert "sometimes" in " ".join(refused.json()["findings"])
    assert site.http.get(f"{API}/server").json()["scripts"] == 4
    site.config.write_text(CONFIG)
    assert site.http.post(f"{API}/reload").json()["removed"] == ["new"]


@pytest.mark.parametrize(
    ("status", "path"),
    [
        (400, f"{API}/runs?limit=0"),
        (400, f"{API}/runs?limit=501"),
        (400, f"{API}/runs?before=-1"),
        (400, f"{API}/runs?before=many"),
        (400, f"{API}/runs?limit=1&limit=2"),
        (400, f"{API}/runs?script=%FF"),
        (400, f"{API}/runs?token={TOKEN}"),
        (400, f"{API}/server?x="),
        (400, f"{API}/runs/1/events?after=1.2"),
        (404, f"{API}/runs/999999"),
        (404, f"{API}/runs/999999/events"),
        (404, f"{API}/runs/x"),
        (404, f"{API}/runs/9999999999999999999"),
        (404, f"{API}/scripts/nobody"),
        (404, f"{API}/scripts/%FF"),
        (404, f"{API}/scripts/"),
        (404, f"{API}/nowhere"),
        (404, "/page/../table.py"),
        (404, "/page/%2E%2E%2Ftable.py"),
        (405, f"{API}/reload"),
    ],
)
def test_problems(site: Site, status: int, path: str) -> None:
    """What cannot be answered is answered with a problem that says why, and never with a bug."""
    answer = site.http.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("status", "body", "media"),
    [
        (400, b"{", "application/json"),
        (400, b"\xff", "application/json"),
        (422, b'{"dry_run": 1}', "application/json"),
        (422, b'{"dry": true}', "application/json"),
        (422, b"[" * 60_000, "application/json"),
        (415, b"{}", "text/plain"),
        (413, b" " * 70_000, "application/json"),
    ],
)
def test_bodies(site: Site, status: int, body: bytes, media: str) -> None:
    """A body that is no JSON, of another kind or too large is refused, and nothing is run."""
    before = site.http.get(f"{API}/runs?limit=1").json()
    answer = site.http.post(f"{API}/scripts/mirror/runs", content=body, headers={"Content-Type": media})
    assert answer.status_code == status
    assert site.http.get(f"{API}/runs?limit=1").json() == before


def test_wrong_method(site: Site) -> None:
    """A path that knows other methods says which."""
    answer = site.http.delete(f"{API}/runs")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/healthz", f"{API}/scripts", f"{API}/events", "/"])
def test_head(site: Site, path: str) -> None:
    """HEAD is answered as GET is, without the body; also where GET would go on for ever."""
    answer = site.http.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_description(site: Site) -> None:
    """The server describes itself as `regbot schema api` does."""
    assert site.http.get(f"{API}/openapi.json").json() == document()


def test_page(site: Site) -> None:
    """The page is there for everybody, and is not sent again to a browser that has it."""
    shell = site.stranger.get("/")
    assert (shell.status_code, shell.headers["Cache-Control"]) == (200, "no-cache")
    assert "text/html" in shell.headers["Content-Type"]
    assert site.stranger.get("/page/page.js").headers["Content-Type"].startswith("text/javascript")
    assert site.stranger.get("/", headers={"If-None-Match": f'"other", W/{shell.headers["ETag"]}'}).status_code == 304
    assert site.stranger.get("/page/files.py").status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes(site: Site, path: str) -> None:
    """Probes are answered to everybody."""
    assert site.stranger.get(path).status_code == 200
