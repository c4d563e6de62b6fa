"""Every registry and every layout behind one face: sends each reference to where it is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

from regbot.registry.api import nobody
from regbot.registry.content import Blob
from regbot.registry.errors import InvalidText, RegistryError, WriteRefused
from regbot.registry.observer import Silent, Unmetered
from regbot.registry.reference import LAYOUT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from regbot.registry.api import Registry
    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.files.files import Files
    from regbot.registry.hosts import Hosts
    from regbot.registry.layouts.layout import Layout
    from regbot.registry.manifest import Head, Manifest
    from regbot.registry.observer import Meter, Observer
    from regbot.registry.reference import Reference, Repository
    from regbot.registry.remote.remote import Remote


class Registries:
    """api.Registry for all references; use it as an `async with`.

    Layouts lie beneath *files*; without it there are none.  With *read_only* nothing can be changed at all, over HTTP
    or in a layout: WriteRefused.  What HTTP takes, and what layouts take, is loaded when the first reference of the
    kind comes.  *meter* is told of all that is asked over HTTP.
    """

    def __init__(  # noqa: PLR0913 -- what a Client and a Layout are made with
        self,
        hosts: Hosts,
        *,
        files: Files | None = None,
        read_only: bool = False,
        user_agent: str,
        observer: Observer | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._hosts, self._files = hosts, files
        self._read_only, self._user_agent = read_only, user_agent
        self._observer, self.meter = observer or Silent(), meter or Unmetered()
        self._remote: Remote | None = None
        self._layout: Layout | None = None
        self._calls = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            if self._layout is not None:
                await self._layout.aclose()
        finally:
            if self._remote is not None:
                await self._remote.aclose()

    def prepare(self) -> None:
        """Load now what requests over HTTP take, before somebody waits for it."""
        self._http()

    def detach_layouts(self) -> Layout | None:
        """Let go of the layouts, None if there are none: whoever closes what is returned collects their garbage.

        That is for when everything has ended that was going on.  What begins from now on has layouts of its own.
        """
        detached, self._layout = self._layout, None
        return detached

    def at_once(self, calls: int) -> None:
        """Be told the most calls that any one run has in flight now.

        A registry gets as many requests at a time, though never fewer than usual, unless the configuration says how
        many it bears.
        """
        self._calls = calls
        if self._remote is not None:
            self._remote.at_once(calls)

    def identity(self, repository: Repository) -> str:
        """Return what is the same for all spellings of one repository, and for no other."""
        if not repository.is_layout or self._files is None:
            return str(repository)
        return LAYOUT + self._files.canonical(repository.path)

    async def repositories(self, registry: str, *, limit: int = 0, last: str = "") -> list[str]:
        """List the repositories of a registry; see api.Reader."""
        if registry.startswith(LAYOUT):
            raise InvalidText("registry", registry, "a layout holds no repositories")
        return await self._http().repositories(registry, limit=limit, last=last)

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:
        """List the tags of a repository; see api.Reader."""
        return await self._of(repository).tags(repository, limit=limit, last=last)

    async def head(self, reference: Reference, *, origin: bool = False) -> Head:
        """Look at a manifest; see api.Reader."""
        return await self._of(reference.repository).head(reference, origin=origin)

    async def manifest(self, reference: Reference, *, origin: bool = False) -> Manifest:
        """Return a manifest; see api.Reader."""
        return await self._of(reference.repository).manifest(reference, origin=origin)

    def blob(self, repository: Repository, descriptor: Descriptor) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream a blob; see api.Reader."""
        return self._of(repository).blob(repository, descriptor)

    async def referrers(self, reference: Reference, *, artifact_type: str = "") -> list[Descriptor]:
        """List what refers to a manifest; see api.Reader."""
        return await self._of(reference.repository).referrers(reference, artifact_type=artifact_type)

    async def blob_head(self, repository: Repository, digest: Digest) -> Descriptor:
        """Look at a blob; see api.Reader."""
        return await self._of(repository).blob_head(repository, digest)

    async def has_blob(self, repository: Repository, digest: Digest) -> bool:
        """Say whether the repository has a blob; see api.Reader."""
        return await self._of(repository).has_blob(repository, digest)

    async def put_manifest(self, reference: Reference, manifest: Manifest, *, child: bool = False) -> None:
        """Store a manifest; see api.Registry."""
        await self._writable(reference.repository).put_manifest(reference, manifest, child=child)

    async def delete_manifest(self, reference: Reference) -> None:
        """Delete a manifest; see api.Registry."""
        await self._writable(reference.repository).delete_manifest(reference)

    async def delete_tag(self, reference: Reference) -> Digest | None:
        """Delete a tag; see api.Registry."""
        return await self._writable(reference.repository).delete_tag(reference)

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> bool:
        """Store a blob; see api.Registry."""
        return await self._writable(repository).put_blob(repository, descriptor, content)

    async def copy_blob(
        self, descriptor: Descriptor, source: Repository, target: Repository, *, moved: Callable[[int], None] = nobody
    ) -> bool:
        """Copy a blob, wherever its ends are; see api.Registry."""
        if source.is_layout == target.is_layout:
            return await self._writable(target).copy_blob(descriptor, source, target, moved=moved)
        if await self.has_blob(target, descriptor.digest):
            return False
        if descriptor.size < 0 and source.is_layout:
            descriptor = replace(descriptor, size=(await self.blob_head(source, descriptor.digest)).size)
        return await self.put_blob(target, descriptor, Blob(self, source, descriptor, moved))

    def _writable(self, repository: Repository) -> Registry:
        if self._read_only:
            raise WriteRefused(str(repository))
        return self._of(repository)

    def _of(self, repository: Repository) -> Registry:
        return self._layouts() if repository.is_layout else self._http()

    def _http(self) -> Remote:
        if self._remote is None:
            # httpx takes longer to load than many a script to run.
            from regbot.registry.http.client import Client  # noqa: PLC0415
            from regbot.registry.remote.remote import Remote  # noqa: PLC0415

            client = Client(
                self._hosts,
                user_agent=self._user_agent,
                read_only=self._read_only,
                observer=self._observer,
                meter=self.meter,
            )
            self._remote = Remote(client, self._observer)
            self._remote.at_once(self._calls)
        return self._remote

    def _layouts(self) -> Layout:
        if self._files is None:
            raise RegistryError("there is no files folder for OCI layouts", code="DENIED")
        if self._layout is None:
            from regbot.registry.layouts.layout import Layout  # noqa: PLC0415

            self._layout = Layout(self._files, self._observer)
        return self._layout
