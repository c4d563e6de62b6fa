from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.copying.copying import Copied, copy
from regbot.registry.copying.options import CopyOptions, IfExists, Referrers
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.reference import Reference
from regbot.registry.remote.remote import Remote
from tests import images
from tests.copies import PLAIN, PushOnly, connected, counts, named, signature, tag_for
from tests.fake_registry import AT_ONCE, NAME, FakeRegistry, Reply, Tap, error, remote, served
from tests.model.served import Served

if TYPE_CHECKING:
    import httpx

    from regbot.registry.observer import Progress
    from tests.conftest import MakeRegistry
    from tests.docker_registry import DockerRegistry
    from tests.skopeo import Skopeo

IMAGE = images.image(layers=[b"one", b"two"])
INDEX = images.platforms("linux/amd64", "linux/arm64", "linux/arm/v7")
TAG = Reference.parse(f"{NAME}/team/app:v1")


@pytest.mark.parametrize("image", [IMAGE, INDEX, images.platforms("linux/amd64", "linux/386", kind="docker")])
@pytest.mark.parametrize("target", ["team/copy:v2", "team/app:v2"])
async def test_copy_within(registry: DockerRegistry, skopeo: Skopeo, image: images.Image, target: str) -> None:
    """Within a registry a copy is whole and the same, and nothing is downloaded."""
    images.push(registry, "team/app", "v1", image)
    async with connected(registry) as through:
        source = named(registry)
        await copy(through, source, Reference.parse(f"{registry.host}/{target}"), PLAIN)
    assert "GET blobs" not in counts(registry)
    assert skopeo.digest(f"{registry.host}/{target}") == image.digest


@pytest.mark.parametrize("image", [IMAGE, INDEX])
async def test_copy_across(make_registry: MakeRegistry, skopeo: Skopeo, tmp_path: str, image: images.Image) -> None:
    """Between registries a copy is whole and the same; skopeo reads all of it."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", image)
    async with connected(one, other) as through:
        await copy(through, named(one), named(other), PLAIN)
    assert skopeo.digest(f"{other.host}/team/app:v1") == image.digest
    skopeo.copy(f"{other.host}/team/app:v1", f"oci:{tmp_path}/whole:v1")


async def test_costs_of_a_copy(make_registry: MakeRegistry) -> None:
    """A copy of an index asks for each thing once, and the second one for two digests."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", INDEX)
    async with connected(one, other) as through:
        names = named(one), named(other)
        await copy(through, *names, PLAIN)
        first = counts(one), counts(other)
        await copy(through, *names, PLAIN)
    written = {"POST uploads": 6, "PUT uploads": 6, "PUT manifests": 4}
    assert first == ({"GET manifests": 4, "GET blobs": 6}, {"HEAD manifests": 4, "HEAD blobs": 6, **written})
    assert counts(one) == {**first[0], "HEAD manifests": 1}
    assert counts(other) == {**first[1], "HEAD manifests": 5}


async def test_costs_within_a_registry(registry: DockerRegistry) -> None:
    """Within a registry a mount is all a blob costs, and within a repository a manifest is all there is."""
    images.push(registry, "team/app", "v1", IMAGE)
    async with connected(registry) as through:
        source = named(registry)
        await copy(through, source, named(registry, "team/copy:v1"), PLAIN)
    assert counts(registry) == {"HEAD manifests": 1, "GET manifests": 1, "POST uploads": 3, "PUT manifests": 1}


async def test_costs_of_many_tags(make_registry: MakeRegistry) -> None:
    """Of an image that was copied under another tag nothing but the manifest is asked for again."""
    one, other = make_registry(), make_registry()
    for tag in ("v1", "v2", "v3"):
        images.push(one, "team/app", tag, IMAGE)
    async with connected(one, other) as through:
        for tag in ("v1", "v2", "v3"):
            await copy(through, named(one, f"team/app:{tag}"), named(other, f"team/app:{tag}"), PLAIN)
    assert counts(one) == {"GET manifests": 3, "GET blobs": 3}
    written = {"POST uploads": 3, "PUT uploads": 3, "PUT manifests": 3}
    assert counts(other) == {"HEAD manifests": 3, "HEAD blobs": 3, **written}


@pytest.mark.parametrize("tag", ["", ":v2"])
async def test_digest_of_the_target(registry: DockerRegistry, tag: str) -> None:
    """A target's digest is set with its tag, and has to be that of the source."""
    images.push(registry, "team/app", "v1", IMAGE)
    source = named(registry)
    async with connected(registry) as through:
        await copy(through, source, Reference.parse(f"{registry.host}/team/copy{tag}@{IMAGE.digest}"), PLAIN)
        with pytest.raises(Unverified, match="the source of the copy"):
            await copy(through, source, Reference.parse(f"{registry.host}/team/no{tag}@{Digest.of(b'')}"), PLAIN)
    assert registry.digest("team/copy", tag[1:] or IMAGE.digest) == IMAGE.digest
    assert "/v2/team/no/" not in str([line for line in registry.requests() if line[0] in {"PUT", "POST"}])


async def test_wrong_digest_of_a_present_target(registry: DockerRegistry) -> None:
    """It is looked at as well where the target has the tag already."""
    images.push(registry, "team/app", "v1", IMAGE)
    source = named(registry)
    async with connected(registry) as through:
        with pytest.raises(Unverified):
            await copy(through, source, Reference.parse(f"{source}@{Digest.of(b'')}"), PLAIN)


async def test_missing_source() -> None:
    """A source that is not there is NotFound, and nothing was written."""
    fake = FakeRegistry()
    with pytest.raises(NotFound):
        await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), PLAIN)
    assert [asked.method for asked in fake.asked] == ["HEAD", "GET"]


@pytest.mark.parametrize("kill", range(1, 14))
async def test_target_dies(make_registry: MakeRegistry, skopeo: Skopeo, tmp_path: str, kill: int) -> None:
    """Whichever request to the target is its last one, the tag is the old image, whole, until the copy is done."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", IMAGE)
    old = images.push(other, "team/app", "v1", INDEX)
    asked = 0

    def notice(request: httpx.Request) -> None:
        nonlocal asked
        asked += str(request.url).startswith(other.url)
        if asked == kill:
            other.stop()

    hosts = Hosts([Host(each.host, tls=Tls.DISABLED) for each in (one, other)])
    through = Remote(Client(hosts, user_agent="", connect=Tap(notice), retries=AT_ONCE))
    done = await succeeds(through, named(one), named(other))
    await through.aclose()
    if asked >= kill:
        other.start()
    assert skopeo.digest(f"{other.host}/team/app:v1") == (IMAGE.digest if done else old)
    skopeo.copy(f"{other.host}/team/app:v1", f"oci:{tmp_path}/whole:v1")


async def succeeds(through: Remote, source: Reference, target: Reference) -> bool:
    """Copy, and say whether that succeeded."""
    try:
        await copy(through, source, target, PLAIN)
    except RegistryError:
        return False
    return True


@pytest.mark.parametrize("old", [None, IMAGE, INDEX])
@pytest.mark.parametrize("option", [IfExists.REPLACE, IfExists.SKIP])
async def test_if_exists(make_registry: MakeRegistry, option: IfExists, old: images.Image | None) -> None:
    """A tag that exists is replaced, or left if that is wanted."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", IMAGE)
    if old:
        images.push(other, "team/app", "v1", old)
    async with connected(one, other) as through:
        copied = await copy(through, named(one), named(other), CopyOptions(if_exists=option))
    now = old if old and option is IfExists.SKIP else IMAGE
    assert other.digest("team/app", "v1") == str(copied.digest) == now.digest


@pytest.mark.parametrize(("option", "old"), [(IfExists.SAME, None), (IfExists.SAME, IMAGE), (IfExists.FAIL, None)])
async def test_condition_that_holds(make_registry: MakeRegistry, option: IfExists, old: images.Image | None) -> None:
    """A tag that is new, or the same where that is enough, is copied as ever."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", IMAGE)
    if old:
        images.push(other, "team/app", "v1", old)
    async with connected(one, other) as through:
        copied = await copy(through, named(one), named(other), CopyOptions(if_exists=option))
    assert other.digest("team/app", "v1") == IMAGE.digest
    assert copied.changed is (old is None)


@pytest.mark.parametrize(("option", "old"), [(IfExists.SAME, INDEX), (IfExists.FAIL, IMAGE), (IfExists.FAIL, INDEX)])
async def test_condition_that_does_not_hold(make_registry: MakeRegistry, option: IfExists, old: images.Image) -> None:
    """A tag that exists, or that is something else, is an error that says what it is, and stays."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", IMAGE)
    images.push(other, "team/app", "v1", old)
    async with connected(one, other) as through:
        with pytest.raises(RegistryError, match=old.digest) as caught:
            await copy(through, named(one), named(other), CopyOptions(if_exists=option))
    assert caught.value.code == "EXISTS"
    assert other.digest("team/app", "v1") == old.digest


async def test_cost_of_a_tag_that_is_left(registry: DockerRegistry) -> None:
    """To leave a tag takes one HEAD, and the source is asked nothing."""
    images.push(registry, "team/copy", "v1", IMAGE)
    async with connected(registry) as through:
        options = CopyOptions(if_exists=IfExists.SKIP)
        copied = await copy(through, named(registry), named(registry, "team/copy:v1"), options)
    assert counts(registry) == {"HEAD manifests": 1}
    assert copied == Copied(Digest.parse(IMAGE.digest))


async def test_cost_of_a_tag_that_is_an_error(registry: DockerRegistry) -> None:
    """Nor is it asked where the tag is an error."""
    images.push(registry, "team/copy", "v1", IMAGE)
    async with connected(registry) as through:
        options = CopyOptions(if_exists=IfExists.FAIL)
        with pytest.raises(RegistryError, match="exists already"):
            await copy(through, named(registry), named(registry, "team/copy:v1"), options)
    assert counts(registry) == {"HEAD manifests": 1}


async def test_same_looks_before_it_reads(registry: DockerRegistry) -> None:
    """That a tag is something else is known from two HEADs."""
    images.push(registry, "team/app", "v1", IMAGE)
    images.push(registry, "team/copy", "v1", INDEX)
    options = CopyOptions(if_exists=IfExists.SAME, force_recursive=True)
    async with connected(registry) as through:
        with pytest.raises(RegistryError, match=f"is {INDEX.digest}, and the source of the copy is {IMAGE.digest}"):
            await copy(through, named(registry), named(registry, "team/copy:v1"), options)
    assert counts(registry) == {"HEAD manifests": 2}


@pytest.mark.parametrize(("fast", "there"), [(True, False), (False, True)])
async def test_fast_check(registry: DockerRegistry, *, fast: bool, there: bool) -> None:
    """What belongs to an image comes though the image is there, unless a fast check is all that is wanted."""
    tag = tag_for(IMAGE)
    images.push(registry, "team/app", "v1", IMAGE)
    images.push(registry, "team/app", tag, signature())
    images.push(registry, "team/copy", "v1", IMAGE)
    options = CopyOptions(digest_tags=True, referrers=Referrers(), force_recursive=fast, fast_check=fast)
    async with connected(registry) as through:
        copied = await copy(through, named(registry), named(registry, "team/copy:v1"), options)
    assert bool(registry.digest("team/copy", tag)) is there is copied.changed
    assert not fast or counts(registry) == {"HEAD manifests": 2}


async def test_fast_check_of_a_new_image(registry: DockerRegistry) -> None:
    """A fast check copies what is not there, with all that belongs to it."""
    images.push(registry, "team/app", "v1", IMAGE)
    images.push(registry, "team/app", tag_for(IMAGE), signature())
    async with connected(registry) as through:
        options = CopyOptions(digest_tags=True, fast_check=True)
        await copy(through, named(registry), named(registry, "team/copy:v1"), options)
    assert registry.tags("team/copy") == {"v1", tag_for(IMAGE)}


async def test_force_on_what_is_whole(make_registry: MakeRegistry) -> None:
    """To look at every part of an image that is there costs as much as the parts."""
    one, other = make_registry(), make_registry()
    for each in (one, other):
        images.push(each, "team/app", "v1", IMAGE)
    async with connected(one, other) as through:
        await copy(through, named(one), named(other), CopyOptions(force_recursive=True))
    assert counts(one) == {"GET manifests": 1}
    assert counts(other) == {"HEAD manifests": 1, "HEAD blobs": 3, "PUT manifests": 1}


async def test_result_and_progress(make_registry: MakeRegistry) -> None:
    """A copy tells what it did; its last word on progress is exact, and nothing ever shrinks."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", INDEX)
    heard: list[Progress] = []
    async with connected(one, other) as through:
        copied = await copy(through, named(one), named(other), PLAIN, heard.append)
        again = await copy(through, named(one), named(other), PLAIN, heard.append)
    size = sum(len(blob) for child in INDEX.children for blob in child.blobs.values())
    assert copied == Copied(Digest.parse(INDEX.digest), changed=True, blobs=6, bytes=size)
    assert again == Copied(Digest.parse(INDEX.digest))
    assert (heard[-1].blobs, heard[-1].blobs_known, heard[-1].bytes, heard[-1].bytes_known) == (6, 6, size, size)
    assert heard == sorted(heard, key=lambda each: (each.bytes, each.blobs))
    assert heard[0].target == f"{other.host}/team/app:v1"


async def test_what_is_mounted_was_not_sent(registry: DockerRegistry) -> None:
    """Blobs that a registry has already count as blobs, and their bytes as bytes that were not sent."""
    images.push(registry, "team/app", "v1", IMAGE)
    heard: list[Progress] = []
    async with connected(registry) as through:
        copied = await copy(through, named(registry), named(registry, "team/copy:v1"), PLAIN, heard.append)
    assert (copied.blobs, copied.bytes) == (3, 0)
    assert heard[-1].bytes == heard[-1].bytes_known == sum(map(len, IMAGE.blobs.values()))


@pytest.mark.parametrize("target", ["team/copy:v1", "team/app:v2"])
async def test_schema_1(target: str) -> None:
    """A manifest of schema 1 is refused before anything is sent, within a repository, too."""
    old = images.Image("application/vnd.docker.distribution.manifest.v1+json", b'{"schemaVersion": 1}', {})
    fake = served(old)
    with pytest.raises(RegistryError, match="of schema 1") as caught:
        await copy(remote(fake), TAG, Reference.parse(f"{NAME}/{target}"), PLAIN)
    assert caught.value.code == "UNSUPPORTED"
    assert {asked.method for asked in fake.asked} == {"HEAD", "GET"}


async def test_tag_that_moves_meanwhile() -> None:
    """What is compared with the target is what is copied, though the tag should point elsewhere a moment later."""
    fake = served(IMAGE)
    fake.serve("team/copy", "v1", INDEX)
    fake.instead("GET /v2/team/app/manifests/v1", Reply(200, INDEX.manifest, {"Content-Type": INDEX.media_type}))
    fake.on("POST /v2/team/copy/blobs/uploads/", Reply(201))
    fake.on("PUT /v2/team/copy/manifests/v1", Reply(201))
    copied = await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), PLAIN)
    assert str(copied.digest) == IMAGE.digest
    assert fake.asked[-1].body == IMAGE.manifest


async def test_mirrors(make_registry: MakeRegistry) -> None:
    """A mirror gives parts by their digest; tags, and what the target has, are the registry's own word."""
    one, other, mirror = make_registry(), make_registry(), make_registry()
    images.push(one, "team/app", "v1", INDEX)
    images.push(mirror, "team/app", "v1", IMAGE)
    images.push(mirror, "team/app", "whole", INDEX)
    mirrored = [Host(each.host, tls=Tls.DISABLED, mirrors=(mirror.host,), priority=-1) for each in (one, other)]
    through = Remote(Client(Hosts([*mirrored, Host(mirror.host, tls=Tls.DISABLED)]), user_agent=""))
    try:
        await copy(through, named(one), named(other), PLAIN)
    finally:
        await through.aclose()
    assert other.digest("team/app", "v1") == INDEX.digest
    assert counts(one) == {"GET manifests": 1}
    assert counts(mirror) == {"GET manifests": 3, "GET blobs": 6}


@pytest.mark.parametrize("same_repository", [True, False])
async def test_nonsense_platform(registry: DockerRegistry, *, same_repository: bool) -> None:
    """A platform that is none is an error on an index, even where nothing would have to be copied."""
    images.push(registry, "team/app", "v1", INDEX)
    images.push(registry, "team/copy", "v1", INDEX)
    target = named(registry, "team/app:v2" if same_repository else "team/copy:v1")
    async with connected(registry) as through:
        with pytest.raises(InvalidText, match="platform"):
            await copy(through, named(registry), target, CopyOptions(platforms=("linux/amd64", "no such!")))


async def test_platforms_of_an_image(registry: DockerRegistry) -> None:
    """On a single image platforms mean nothing, be they nonsense."""
    images.push(registry, "team/app", "v1", IMAGE)
    async with connected(registry) as through:
        await copy(through, named(registry), named(registry, "team/copy:v1"), CopyOptions(platforms=("no such!",)))
    assert registry.digest("team/copy", "v1") == IMAGE.digest


async def test_what_belongs_to_it_comes_before_the_tag(registry: DockerRegistry) -> None:
    """Whoever sees the new tag finds its signatures: they are put first."""
    images.push(registry, "team/app", "v1", IMAGE)
    images.push(registry, "team/app", tag_for(IMAGE), signature())
    async with connected(registry) as through:
        await copy(through, named(registry), named(registry, "team/copy:v1"), CopyOptions(digest_tags=True))
    put = [path.rpartition("/")[2] for method, path, _ in registry.requests() if method == "PUT"]
    assert put == [tag_for(IMAGE), "v1"]


async def test_followers_within_a_repository(registry: DockerRegistry) -> None:
    """Within a repository whatever belongs to an image is there already: nothing more is asked for."""
    images.push(registry, "team/app", "v1", IMAGE)
    images.push(registry, "team/app", tag_for(IMAGE), signature())
    async with connected(registry) as through:
        options = CopyOptions(digest_tags=True, referrers=Referrers())
        await copy(through, named(registry), named(registry, "team/app:v2"), options)
    assert counts(registry) == {"HEAD manifests": 1, "GET manifests": 1, "PUT manifests": 1}


async def test_copy_onto_itself(registry: DockerRegistry) -> None:
    """A copy of a tag onto itself is two HEADs, whatever else is wanted."""
    images.push(registry, "team/app", "v1", IMAGE)
    async with connected(registry) as through:
        options = CopyOptions(digest_tags=True, referrers=Referrers())
        copied = await copy(through, named(registry), named(registry), options)
    assert copied == Copied(Digest.parse(IMAGE.digest))
    assert counts(registry) == {"HEAD manifests": 2}


async def test_a_follower_that_fails() -> None:
    """If a signature cannot be copied the tag stays as it was."""
    fake = served(IMAGE)
    fake.on("GET /v2/team/app/tags/list", Reply(200, b'{"tags": ["v1", "%s"]}' % tag_for(IMAGE).encode()))
    fake.on(f"GET /v2/team/app/manifests/{tag_for(IMAGE)}", Reply(403, error("DENIED")))
    fake.on("POST /v2/team/copy/blobs/uploads/", Reply(201))
    with pytest.raises(RegistryError, match="DENIED"):
        await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), CopyOptions(digest_tags=True))
    assert "PUT" not in {asked.method for asked in fake.asked}


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("image", [IMAGE, INDEX], ids=["image", "index"])
async def test_where_we_may_only_push(registry: DockerRegistry, image: images.Image, status: int) -> None:
    """Where we may push and not read, everything is pushed."""
    images.push(registry, "team/app", "v1", image)
    with Served(PushOnly(status)) as target:
        async with connected(registry, target) as through:
            copied = await copy(through, named(registry), named(target), PLAIN)
        assert (copied.changed, target.digest("team/app", "v1")) == (True, image.digest)


@pytest.mark.parametrize("options", [CopyOptions(if_exists=IfExists.SKIP), CopyOptions(fast_check=True)])
async def test_where_we_have_to_look(registry: DockerRegistry, options: CopyOptions) -> None:
    """Where it depends on what is there, that nobody may look at it is an error."""
    images.push(registry, "team/app", "v1", IMAGE)
    with Served(PushOnly()) as target:
        async with connected(registry, target) as through:
            with pytest.raises(RegistryError, match=r"HEAD .* 403"):
                await copy(through, named(registry), named(target), options)
        assert "PUT" not in {method for method, _, _ in target.requests()}
