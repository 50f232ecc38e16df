"""The catalogue over HTTP: modules installed, updated, copied and taken along, and their addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from starlette.responses import Response

from vestnik.http.api import Context, Id, Router, Shape, key_of
from vestnik.modules.accounts.approvals import asked_by_default
from vestnik.modules.api.module_shapes import (
    ModuleCardShape,
    VersionShape,
    card_shape,
    modules_of,
    version_shape,
)
from vestnik.modules.api.shapes import Name, Texts
from vestnik.modules.studio.hosts import HostPage, hosts_of

router = Router("modules")


class CatalogueShape(Shape):
    """A module that comes with Vestnik; `moduleId` is the installed one's.

    `hosts` are the addresses that an installation may approve, as `scheme://pattern:port`.
    """

    name: str
    title: Texts
    description: Texts
    version: str
    installed: bool
    module_id: Id | None
    update_available: bool
    hosts: list[str]


class CataloguePage(Shape):
    """The catalogue."""

    items: list[CatalogueShape]
    total: int


class Installation(Shape):
    """`approveHosts`: open the addresses that it asks for by default, for the accounts made later."""

    approve_hosts: bool = False


class Fork(Shape):
    """The name of the copy."""

    name: Name


class ExportQuery(Shape):
    """Which version; without one the live one."""

    version_id: Id | None = None


class HostAccountShape(Shape):
    """An account, and whether the address is open to it as far as the module asks."""

    account_id: Id
    title: str
    approved: bool
    private: bool
    secrets: list[str]


class HostUseShape(Shape):
    """How often a function asked the address, and when last, as far as recordings are kept."""

    function: str
    count: int
    last_at: datetime


class ModuleHostShape(Shape):
    """One address of a module."""

    scheme: Literal["https", "http"]
    pattern: str
    port: int
    requested: bool
    accounts: list[HostAccountShape]
    used_by: list[HostUseShape]


class ModuleHostPage(Shape):
    """The addresses of a module."""

    items: list[ModuleHostShape]
    total: int


@router.get("/modules/catalogue", returns=CataloguePage, right="modules.read")
async def list_catalogue(context: Context) -> CataloguePage:
    """Modules that come with Vestnik."""
    items = []
    for entry in await modules_of(context).installer.entries(context.actor):
        manifest, description = entry.manifest, entry.manifest.description
        items.append(
            CatalogueShape(
                name=manifest.name,
                title=Texts(ru=manifest.title.ru, en=manifest.title.en),
                description=Texts(
                    ru="" if description is None else description.ru,
                    en="" if description is None else description.en,
                ),
                version=manifest.version,
                installed=entry.module_id is not None,
                module_id=None if entry.module_id is None else str(entry.module_id),
                update_available=entry.update_available,
                hosts=[f"{scheme}://{host}:{port}" for scheme, host, port in asked_by_default(manifest)],
            )
        )
    return CataloguePage(items=items, total=len(items))


@router.post(
    "/modules/catalogue/{name}/install",
    body=Installation | None,
    returns=ModuleCardShape,
    status=201,
    right="modules.write",
)
async def install_module(context: Context, name: str, body: Installation | None) -> ModuleCardShape:
    """Install a module of the catalogue; approving its addresses takes the right to approve them."""
    installer, approve = modules_of(context).installer, body is not None and body.approve_hosts
    return await card_shape(context, await installer.install(context.actor, name, approve_hosts=approve))


@router.post("/modules/{id:key}/update", returns=VersionShape, status=201, right="modules.write")
async def update_module(context: Context, id: int) -> VersionShape:
    """Take the catalogue's newer version as a draft."""
    modules = modules_of(context)
    version_id = await modules.installer.update(context.actor, id)
    return version_shape(await modules.library.version(context.actor, id, version_id))


@router.post("/modules/{id:key}/fork", body=Fork, returns=ModuleCardShape, status=201, right="modules.write")
async def fork_module(context: Context, id: int, body: Fork) -> ModuleCardShape:
    """Make a module of one's own with the same text, switched off."""
    return await card_shape(context, await modules_of(context).installer.fork(context.actor, id, body.name))


@router.get("/modules/{id:key}/hosts", returns=ModuleHostPage, right="modules.read")
async def list_module_hosts(context: Context, id: int) -> ModuleHostPage:
    """The addresses of a module: asked for, opened for which account, used by which function lately."""
    modules = modules_of(context)
    found = await hosts_of(context.actor, id, modules.library, modules.accounts, modules.recordings)
    return ModuleHostPage(items=[_host(page) for page in found], total=len(found))


def _host(page: HostPage) -> ModuleHostShape:
    return ModuleHostShape(
        scheme="https" if page.scheme == "https" else "http",
        pattern=page.pattern,
        port=page.port,
        requested=page.requested,
        accounts=[
            HostAccountShape(
                account_id=str(each.account_id),
                title=each.title,
                approved=each.approved,
                private=each.private,
                secrets=list(each.secrets),
            )
            for each in page.accounts
        ],
        used_by=[
            HostUseShape(function=use.function, count=use.count, last_at=use.last_at) for use in page.used_by
        ],
    )


@router.get(
    "/modules/{id:key}/export",
    query=ExportQuery,
    right="modules.read",
    media_type="application/zip",
)
async def export_module(context: Context, id: int, query: ExportQuery) -> Response:
    """A version as a .zip archive that another Vestnik takes.

    The module's tests are in it for those who may write modules; else its comment says how many are left out.
    """
    version_id = None if query.version_id is None else key_of(query.version_id)
    filename, data = await modules_of(context).installer.export(context.actor, id, version_id)
    return Response(
        data,
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{filename}"'},
    )
