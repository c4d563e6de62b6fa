from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from regbot.registry import mediatype
from regbot.registry.copying.copying import copy
from regbot.registry.copying.followers import MAX_DEPTH
from regbot.registry.copying.options import CopyOptions, Referrers
from regbot.registry.digest import Digest
from regbot.registry.errors import Unverified
from regbot.registry.reference import Reference
from regbot.registry.referrers_index import tag_of
from tests import images
from tests.copies import PLAIN, connected, counts, named, referrer, signature, tag_for
from tests.fake_registry import NAME, Reply, index_of, remote, served
from tests.model.options import Options
from tests.model.registry import ModelRegistry
from tests.model.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import MakeRegistry
    from tests.docker_registry import DockerRegistry
    from tests.skopeo import Skopeo

IMAGE = images.image(layers=[b"one", b"two"])
INDEX = images.platforms("linux/amd64", "linux/arm64")
SIGNED = referrer(IMAGE)
LISTED = referrer(IMAGE, b"contents", "application/x.contents")
TAGS = CopyOptions(digest_tags=True)
ALL = CopyOptions(referrers=Referrers())


@pytest.fixture
def listing() -> Iterator[Served]:
    """Give a registry that lists referrers."""
    with Served(ModelRegistry(Options(referrers=True))) as served:
        yield served


@pytest.fixture
def listing_pair() -> Iterator[tuple[Served, Served]]:
    """Give two of them."""
    with ExitStack() as stack:
        one, other = (stack.enter_context(Served(ModelRegistry(Options(referrers=True)))) for _ in range(2))
        yield one, other


async def test_digest_tags(make_registry: MakeRegistry, skopeo: Skopeo) -> None:
    """Tags that spell the digest of the image or of one in the index come along; others do not."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", INDEX)
    wanted = {tag_for(INDEX), tag_for(INDEX.children[1], ".sbom"), tag_for(INDEX.children[1])}
    for tag in (*wanted, tag_for(IMAGE), "sha256-", "v2"):
        images.push(one, "team/app", tag, signature(tag.encode()))
    async with connected(one, other) as through:
        await copy(through, named(one), named(other), TAGS)
    assert skopeo.tags(f"{other.host}/team/app") == {"v1", *wanted}
    assert {tag: other.digest("team/app", tag) for tag in wanted} == {
        tag: signature(tag.encode()).digest for tag in wanted
    }
    assert counts(one)["GET tags"] == 1


async def test_digest_tags_of_what_is_there(make_registry: MakeRegistry) -> None:
    """They come though the image is there already, and are replaced if they differ; children are not looked at."""
    one, other = make_registry(), make_registry()
    tags = [tag_for(INDEX), tag_for(INDEX.children[0]), tag_for(INDEX.children[0], ".att")]
    for each, text in ((one, b"new"), (other, b"old")):
        images.push(each, "team/app", "v1", INDEX)
        images.push(each, "team/app", tags[1], signature(text))
    images.push(one, "team/app", tags[0], signature())
    images.push(one, "team/app", tags[2], signature())
    images.push(other, "team/app", tags[2], signature())
    async with connected(one, other) as through:
        copied = await copy(through, named(one), named(other), TAGS)
    assert other.digest("team/app", tags[0]) == signature().digest
    assert other.digest("team/app", tags[1]) == signature(b"new").digest
    assert counts(other)["PUT manifests"] == 2
    assert copied.changed


async def test_digest_tag_of_a_digest_tag(registry: DockerRegistry) -> None:
    """What belongs to a signature comes, too."""
    images.push(registry, "team/app", "v1", IMAGE)
    images.push(registry, "team/app", tag_for(IMAGE), signature())
    images.push(registry, "team/app", tag_for(signature()), signature(b"of the signature"))
    async with connected(registry) as through:
        await copy(through, named(registry), named(registry, "team/copy:v1"), TAGS)
    assert registry.tags("team/copy") == {"v1", tag_for(IMAGE), tag_for(signature())}


async def test_platforms_and_digest_tags(registry: DockerRegistry) -> None:
    """Platforms choose among the images of the index, not among what belongs to it."""
    signed = images.platforms("linux/s390x")
    images.push(registry, "team/app", "v1", INDEX)
    images.push(registry, "team/copy", "v1", INDEX)
    for tag in (tag_for(INDEX), tag_for(INDEX.children[0]), tag_for(INDEX.children[1])):
        images.push(registry, "team/app", tag, signed)
    options = CopyOptions(digest_tags=True, platforms=("linux/arm64",))
    async with connected(registry) as through:
        await copy(through, named(registry), named(registry, "team/copy:v1"), options)
    assert registry.tags("team/copy") == {"v1", tag_for(INDEX), tag_for(INDEX.children[1])}


async def test_inside_a_present_index() -> None:
    """Indexes inside are looked into; blobs that an index lists have nobody that belongs to them."""
    layer, data = next(iter(IMAGE.blobs.items()))
    blob = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": len(data)}
    outer = index_of(INDEX.descriptor(), blob, children=(INDEX,))
    fake = served(outer)
    fake.serve("team/copy", "v1", outer)
    empty = Reply(200, index_of().manifest, {"Content-Type": mediatype.OCI_INDEX})
    subjects = [outer.digest, INDEX.digest, *(child.digest for child in INDEX.children)]
    for each in subjects:
        fake.on(f"GET /v2/team/app/referrers/{each}", empty)
    source, target = (Reference.parse(f"{NAME}/team/{name}:v1") for name in ("app", "copy"))
    await copy(remote(fake), source, target, ALL)
    asked = [line.rpartition("/")[2] for line in fake.lines if "referrers" in line]
    assert sorted(asked) == sorted(subjects)


async def test_no_tags_at_all(registry: DockerRegistry) -> None:
    """A repository that has no tags has no digest tags."""
    images.push(registry, "team/app", IMAGE.digest, IMAGE)
    async with connected(registry) as through:
        await copy(through, named(registry, f"team/app@{IMAGE.digest}"), named(registry, "team/copy:v1"), TAGS)
    assert registry.tags("team/copy") == {"v1"}


async def test_force_brings_tags_again(registry: DockerRegistry) -> None:
    """Force looks at every part of what belongs to an image, too."""
    for repository in ("team/app", "team/copy"):
        images.push(registry, repository, "v1", IMAGE)
        images.push(registry, repository, tag_for(IMAGE), INDEX)
    registry.request("DELETE", f"/v2/team/copy/manifests/{INDEX.children[0].digest}")
    options = CopyOptions(digest_tags=True, force_recursive=True)
    async with connected(registry) as through:
        await copy(through, named(registry), named(registry, "team/copy:v1"), options)
    assert registry.digest("team/copy", INDEX.children[0].digest)


async def test_referrers(listing_pair: tuple[Served, Served]) -> None:
    """What names a copied manifest as its subject comes along, by its digest, and what names that."""
    one, other = listing_pair
    images.push(one, "team/app", "v1", IMAGE)
    about_it = referrer(SIGNED, b"of the signature")
    for each in (SIGNED, LISTED, about_it):
        images.push(one, "team/app", each.digest, each)
    async with connected(one, other) as through:
        await copy(through, named(one), named(other), ALL)
    assert all(other.digest("team/app", each.digest) for each in (IMAGE, SIGNED, LISTED, about_it))
    assert other.tags("team/app") == {"v1"}


async def test_referrers_of_children(listing_pair: tuple[Served, Served]) -> None:
    """Those of the images in an index come, too, though the index is there already."""
    one, other = listing_pair
    signed = [referrer(child) for child in (INDEX, *INDEX.children)]
    for each in (one, other):
        images.push(each, "team/app", "v1", INDEX)
    for artifact in signed:
        images.push(one, "team/app", artifact.digest, artifact)
    async with connected(one, other) as through:
        await copy(through, named(one), named(other), ALL)
    assert all(other.digest("team/app", each.digest) for each in signed)


async def test_referrers_of_a_type(listing_pair: tuple[Served, Served]) -> None:
    """Of one artifact type only what has it comes."""
    one, other = listing_pair
    for name, each in (("v1", IMAGE), (SIGNED.digest, SIGNED), (LISTED.digest, LISTED)):
        images.push(one, "team/app", name, each)
    async with connected(one, other) as through:
        options = CopyOptions(referrers=Referrers("application/x.contents"))
        await copy(through, named(one), named(other), options)
    assert (other.digest("team/app", SIGNED.digest), other.digest("team/app", LISTED.digest)) == ("", LISTED.digest)


async def test_listed_and_gone(registry: DockerRegistry) -> None:
    """A referrer that the fallback tag's index still lists, and that somebody deleted, stops nothing."""
    images.push(registry, "team/app", "v1", IMAGE)
    for each in (SIGNED, LISTED):
        images.push(registry, "team/app", each.digest, each)
    images.push(
        registry, "team/app", tag_of(Digest.parse(IMAGE.digest)), index_of(SIGNED.descriptor(), LISTED.descriptor())
    )
    assert registry.request("DELETE", f"/v2/team/app/manifests/{LISTED.digest}")[0] == 202
    async with connected(registry) as through:
        await copy(through, named(registry), named(registry, "team/copy:v1"), ALL)
    assert (registry.digest("team/copy", SIGNED.digest), registry.digest("team/copy", LISTED.digest)) == (
        SIGNED.digest,
        "",
    )


async def test_no_referrers_unless_wanted(listing: Served) -> None:
    """A plain copy does not even ask for them."""
    images.push(listing, "team/app", "v1", IMAGE)
    images.push(listing, "team/app", SIGNED.digest, SIGNED)
    async with connected(listing) as through:
        await copy(through, named(listing), named(listing, "team/copy:v1"), PLAIN)
    assert "GET referrers" not in counts(listing)
    assert listing.digest("team/copy", SIGNED.digest) == ""


async def test_referrer_that_lists_its_subject(listing: Served) -> None:
    """An index may list the image that it refers to."""
    tree = json.loads(index_of(IMAGE.descriptor()).manifest)
    tree |= {"subject": IMAGE.descriptor(), "artifactType": "application/x.both"}
    around = images.Image(mediatype.OCI_INDEX, json.dumps(tree).encode(), {}, (IMAGE,))
    images.push(listing, "team/app", "v1", IMAGE)
    images.push(listing, "team/app", around.digest, around)
    async with connected(listing) as through:
        await copy(through, named(listing), named(listing, "team/copy:v1"), ALL)
    assert listing.digest("team/copy", around.digest)


async def test_referrers_without_end(listing: Served) -> None:
    """Referrers of referrers come to an end, and the tag is not put."""
    made = IMAGE
    images.push(listing, "team/app", "v1", made)
    for number in range(MAX_DEPTH):
        made = referrer(made, str(number).encode())
        images.push(listing, "team/app", made.digest, made)
    async with connected(listing) as through:
        with pytest.raises(Unverified, match="deeper than"):
            await copy(through, named(listing), named(listing, "team/copy:v1"), ALL)
    assert listing.digest("team/copy", "v1") == ""


def push_with_tag(registry: DockerRegistry, *artifacts: images.Image) -> str:
    """Push artifacts and the index that stands for the referrers API; return its digest."""
    for each in artifacts:
        images.push(registry, "team/app", each.digest, each)
    entries = [{**each.descriptor(), "artifactType": json.loads(each.manifest)["artifactType"]} for each in artifacts]
    return images.push(registry, "team/app", tag_for(IMAGE, ""), index_of(*entries))


async def test_referrers_by_their_tag(make_registry: MakeRegistry) -> None:
    """Between registries that do not list referrers the target keeps an index of its own, which lists both ends'."""
    one, other = make_registry(), make_registry()
    for each, artifact in ((one, SIGNED), (other, LISTED)):
        images.push(each, "team/app", "v1", IMAGE)
        push_with_tag(each, artifact)
    async with connected(one, other) as through:
        await copy(through, named(one), named(other), CopyOptions(referrers=Referrers(), digest_tags=True))
        found = await through.referrers(named(other, f"team/app@{IMAGE.digest}"))
    assert {str(each.digest) for each in found} == {SIGNED.digest, LISTED.digest}


@pytest.mark.parametrize("others", [False, True])
async def test_index_of_referrers_as_a_digest_tag(make_registry: MakeRegistry, *, others: bool) -> None:
    """With digestTags alone that index is copied as it is, unless the target's lists more: then it is added to."""
    one, other = make_registry(), make_registry()
    for each in (one, other):
        images.push(each, "team/app", "v1", IMAGE)
    whole = push_with_tag(one, SIGNED)
    if others:
        push_with_tag(other, LISTED)
    async with connected(one, other) as through:
        await copy(through, named(one), named(other), TAGS)
        found = await through.referrers(named(other, f"team/app@{IMAGE.digest}"))
    assert {str(each.digest) for each in found} == {SIGNED.digest, *([LISTED.digest] if others else [])}
    assert (other.digest("team/app", tag_for(IMAGE, "")) == whole) is not others


@pytest.mark.parametrize("entries", [(), (LISTED,)], ids=["no index", "another's"])
async def test_referrer_that_is_not_listed(
    listing: Served, registry: DockerRegistry, entries: tuple[images.Image, ...]
) -> None:
    """A referrer that the target has and does not list, for a process died in between, is listed by the next copy."""
    for name, image in (("v1", IMAGE), (SIGNED.digest, SIGNED), (LISTED.digest, LISTED)):
        images.push(listing, "team/app", name, image)
        images.push(registry, "team/app", name, image)
    if entries:
        images.push(registry, "team/app", tag_for(IMAGE, ""), index_of(*(each.descriptor() for each in entries)))
    async with connected(listing, registry) as through:
        copied = await copy(through, named(listing), named(registry), ALL)
        found = await through.referrers(named(registry).at(Digest.parse(IMAGE.digest)))
        again = await copy(through, named(listing), named(registry), ALL)
    assert {str(each.digest) for each in found} == {SIGNED.digest, LISTED.digest}
    assert (copied.changed, again.changed) == (True, False)


async def test_what_is_listed_and_does_not_refer(registry: DockerRegistry, make_registry: MakeRegistry) -> None:
    """What the source lists though it names no subject is not put again and again."""
    other = make_registry()
    for name, image in (("v1", IMAGE), ("x", INDEX.children[0])):
        images.push(registry, "team/app", name, image)
    images.push(registry, "team/app", tag_for(IMAGE, ""), index_of(INDEX.children[0].descriptor()))
    async with connected(registry, other) as through:
        copies = [await copy(through, named(registry), named(other), ALL) for _ in range(2)]
    assert [copied.changed for copied in copies] == [True, False]
