from __future__ import annotations

import pytest

from regbot.registry import mediatype


@pytest.mark.parametrize(
    ("said", "bare"),
    [
        ("", ""),
        (mediatype.OCI_INDEX, mediatype.OCI_INDEX),
        (f" {mediatype.OCI_INDEX} ; charset=utf-8", mediatype.OCI_INDEX),
        ("Application/JSON", "application/json"),
    ],
)
def test_bare(said: str, bare: str) -> None:
    """A media type is what stands before the parameters, in lower case."""
    assert mediatype.bare(said) == bare


def test_accepted() -> None:
    """Every manifest that is understood is asked for."""
    assert set(mediatype.ACCEPT.split(", ")) == mediatype.MANIFESTS


@pytest.mark.parametrize(
    ("media_type", "blob"),
    [
        (mediatype.OCI_CONFIG, True),
        ("application/vnd.oci.image.layer.v1.tar+gzip", True),
        (mediatype.OCI_MANIFEST, False),
        ("", False),
    ],
)
def test_is_blob(media_type: str, *, blob: bool) -> None:
    """An index may list layers and configs, and those are no manifests."""
    assert mediatype.is_blob(media_type) is blob
