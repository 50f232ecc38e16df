"""`vestnik module push|pull`: a module's folder to a server as a draft, and from a server into a folder.

`.vestnik.json` in the folder remembers what was exchanged last. So `pull` tells a file that was changed here
from one that is only old, and overwrites the second kind alone.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vestnik import contract
from vestnik.commands.failures import CommandFailed
from vestnik.commands.module_bench import Module, read_module
from vestnik.commands.module_folder import as_text, for_an_editor, write
from vestnik.commands.module_remote import KEY_VARIABLE, Refused, Remote, remote
from vestnik.contract import Manifest
from vestnik.modules.sources.packages import UPLOAD_BYTES
from vestnik.modules.sources.packing import TESTS_LEFT_OUT

STATE = ".vestnik.json"
MESSAGE_LETTERS = 500
#: What of an archive is written; whatever else a server sends is left alone.
_MEMBER = re.compile(r"[a-z0-9_]+/(module\.json|module\.py|README\.md|tests/[^/\\\0]{1,120}\.json)")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def add_parsers(actions: Any) -> None:
    """The subcommands `push` and `pull`."""
    push = actions.add_parser("push", help="upload a folder as a new draft version")
    push.add_argument("path", metavar="PATH", help="a module's folder")
    push.add_argument(
        "--message", default="", metavar="TEXT", help="what has changed, for the list of versions"
    )
    push.add_argument("--publish", action="store_true", help="make the version live at once")
    push.add_argument(
        "--confirmed", action="store_true", help="… though its rehearsal lost or changed actions"
    )
    push.set_defaults(carry_out=_push)
    pull = actions.add_parser("pull", help="download a module into a folder")
    pull.add_argument("name", metavar="NAME", help="the module's name")
    pull.add_argument("path", metavar="PATH", nargs="?", help="the folder (default: NAME)")
    pull.add_argument(
        "--version", type=int, metavar="N", help="a version by its number (default: the live one)"
    )
    pull.add_argument("--force", action="store_true", help="overwrite what was changed in the folder")
    pull.add_argument(
        "--language", choices=["ru", "en"], default="en", help="of vestnik_sdk.pyi (default: en)"
    )
    pull.set_defaults(carry_out=_pull)
    for action in (push, pull):
        action.add_argument("--url", metavar="URL", help="the server (default: the one of this machine)")
        action.add_argument("--key", metavar="KEY", help=f"an API key (default: {KEY_VARIABLE})")
        action.add_argument(
            "--insecure", action="store_true", help="send the key over plain http, where others can read it"
        )


# -- push


def _push(given: argparse.Namespace) -> int:
    folder = Path(given.path)
    module = read_module(given.path)
    if module.manifest is None:
        raise CommandFailed(f"there is no module.json in {folder}. “vestnik module new” makes one.")
    if len(given.message) > MESSAGE_LETTERS:
        raise CommandFailed(f"--message is longer than {MESSAGE_LETTERS} letters.")
    files = _local(folder, module)
    with remote(given.url, given.key, insecure=given.insecure) as server:
        try:
            saved = _save(server, folder, module, module.manifest, files, given.message)
            _tell_findings(server, saved, module.source)
            if given.publish:
                _publish(server, saved, confirmed=given.confirmed)
        except Refused as refusal:
            _tell_refusal(refusal)
            raise
    _remember(folder, server.address, saved["name"], saved["number"], files)
    return 0


def _local(folder: Path, module: Module) -> dict[str, bytes]:
    """The files that are uploaded, by their names in the folder."""
    names = ["module.json", *(f"tests/{path.name}" for path in sorted((folder / "tests").glob("*.json")))]
    files = {"module.py": module.source.encode()} | {name: (folder / name).read_bytes() for name in names}
    size = sum(map(len, files.values()))
    if size > UPLOAD_BYTES:
        raise CommandFailed(f"{folder} holds {size} bytes; at most {UPLOAD_BYTES} can be uploaded.")
    return files


def _save(
    server: Remote,
    folder: Path,
    module: Module,
    manifest: Manifest,
    files: Mapping[str, bytes],
    message: str,
) -> dict[str, Any]:
    """The version as it is on the server now: `id`, `number`, and `moduleId` and `name` of its module."""
    known = server.module(manifest.name)
    if known is not None:
        latest = server.call("GET", f"/modules/{known['id']}/versions/{known['latestVersionId']}")
        same_text = latest["source"] == module.source and latest["manifest"] == manifest.source
        if same_text and _tests(files) == _exchanged_tests(folder, server.address, manifest.name):
            print(f"Nothing has changed since version {latest['number']} of {manifest.name}.")
            return _saved(known, latest)
    archive = _packed(manifest.name, files)
    upload = {"file": (f"{manifest.name}.zip", archive, "application/zip")}
    answer = server.call("POST", "/modules/upload", files=upload, data={"note": message})
    version = answer["saved"]
    what = "is made, with version" if answer["created"] else "has the new version"
    print(f"{manifest.name} {what} {version['number']}{'' if version['live'] else ', a draft'}.")
    return _saved(answer, version)


def _saved(card: Mapping[str, Any], version: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": version["id"],
        "number": version["number"],
        "live": version["live"],
        "moduleId": card["id"],
        "name": card["name"],
    }


def _tests(files: Mapping[str, bytes]) -> dict[str, str]:
    """The digests of the tests among files."""
    return {name: _digest(content) for name, content in files.items() if name.startswith("tests/")}


def _exchanged_tests(folder: Path, address: str, name: str) -> dict[str, str]:
    """The digests of the tests as this server has had them from here, or the other way."""
    state = _state(folder)
    if (state.get("server"), state.get("module")) != (address, name):
        return {}
    return {each: digest for each, digest in state["files"].items() if each.startswith("tests/")}


def _packed(name: str, files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}/{path}", _EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _publish(server: Remote, saved: Mapping[str, Any], *, confirmed: bool) -> None:
    if saved["live"]:
        print(f"Version {saved['number']} is live already.")
        return
    where = f"/modules/{saved['moduleId']}/versions/{saved['id']}/publish"
    card = server.call("POST", where, {"confirmed": confirmed})
    print(f"Version {saved['number']} is live.")
    if not card["enabled"]:
        print("The module is switched off: switch it on in the studio, so that it is called.")


def _tell_findings(server: Remote, saved: Mapping[str, Any], source: str) -> None:
    """What the server's check says of a text that it took: warnings, missing functions, types."""
    checked = server.call("POST", f"/modules/{saved['moduleId']}/check", {"source": source})
    _tell(checked["diagnostics"])


def _tell_refusal(refusal: Refused) -> None:
    findings = refusal.document.get("diagnostics")
    if isinstance(findings, list):
        _tell(findings)
    if refusal.code == "rehearsal_shows_losses":
        print("Look at the rehearsal in the studio; --confirmed publishes all the same.")


def _tell(findings: Sequence[Mapping[str, Any]]) -> None:
    for each in findings:
        message = each["message"]["en"] if isinstance(each["message"], Mapping) else each["message"]
        print(f"module.py:{each['line']}:{each['column']}: {each['severity']} ({each['kind']}): {message}")


# -- pull


def _pull(given: argparse.Namespace) -> int:
    folder = Path(given.path or given.name)
    with remote(given.url, given.key, insecure=given.insecure) as server:
        known = server.module(given.name)
        if known is None:
            raise CommandFailed(f"there is no module “{given.name}” on {server.address}.")
        number, version_id = _chosen(server, known, given.version)
        archive = server.download(f"/modules/{known['id']}/export?versionId={version_id}")
    files, tests_left_out = _unpacked(archive, server.address)
    changed = _changed_here(folder, files)
    if changed and not given.force:
        raise CommandFailed(
            f"changed in {folder} since the last exchange: {', '.join(changed)}. "
            "Push it first, or overwrite it with --force."
        )
    written = _write(folder, files, given.language)
    _remember(folder, server.address, given.name, number, files)
    print(
        f"{folder} holds version {number} of {given.name}"
        + (f": wrote {', '.join(written)}." if written else ".")
    )
    if tests_left_out:
        print(f"Tests left out: {tests_left_out}. Only a key with the right modules.write gets them.")
    return 0


def _chosen(server: Remote, known: Mapping[str, Any], number: int | None) -> tuple[int, str]:
    """The number and the id of a version: of the asked for one, else of the live one, else of the newest."""
    versions = server.call("GET", f"/modules/{known['id']}/versions")["items"]
    if number is None:
        wanted = known["liveVersionId"] or known["latestVersionId"]
        found = next(each for each in versions if each["id"] == wanted)
    else:
        by_number = {each["number"]: each for each in versions}
        if number not in by_number:
            raise CommandFailed(f"{known['name']} has no version {number}; its newest is {max(by_number)}.")
        found = by_number[number]
    return found["number"], found["id"]


def _unpacked(data: bytes, address: str) -> tuple[dict[str, bytes], int]:
    """The files of an exported archive, by their names in the folder, and how many tests it leaves out."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if _MEMBER.fullmatch(info.filename)]
            size = sum(info.file_size for info in infos)
            if size > 4 * UPLOAD_BYTES:
                raise CommandFailed(
                    f"{address} sent an archive of {size} bytes, more than a module can hold."
                )
            files = {info.filename.partition("/")[2]: archive.read(info) for info in infos}
            left_out = archive.comment.decode(errors="replace").removeprefix(TESTS_LEFT_OUT)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        raise CommandFailed(f"{address} sent no archive that can be read.") from None
    if "module.json" not in files or "module.py" not in files:
        raise CommandFailed(f"{address} sent an archive without module.json and module.py.")
    return files, int(left_out) if re.fullmatch(r"[0-9]{1,6}", left_out) else 0


def _changed_here(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Files that would be overwritten though somebody changed them here."""
    exchanged = _state(folder).get("files", {})
    return [
        name
        for name, content in files.items()
        if name != "README.md"
        and (here := _content(folder / name)) is not None
        and not _same(name, here, content)
        and exchanged.get(name) != _digest(here)
    ]


def _write(folder: Path, files: Mapping[str, bytes], language: contract.Language) -> list[str]:
    """Write what differs; the README and the editor's settings are a person's own once they are there."""
    document = json.loads(files["module.json"])
    editor = for_an_editor(contract.parse_manifest(document), language)
    own = {"README.md", "pyproject.toml"}
    written = []
    wanted = {**files, "module.json": as_text(document).encode()}
    for name, content in [*wanted.items(), *((name, text.encode()) for name, text in editor.items())]:
        here = _content(folder / name)
        if here is None or (name not in own and not _same(name, here, content)):
            write(folder / name, content)
            written.append(name)
    return written


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _same(name: str, here: bytes, there: bytes) -> bool:
    """Equal but for line ends, and for JSON but for how it is laid out."""
    if here.replace(b"\r\n", b"\n") == there.replace(b"\r\n", b"\n"):
        return True
    if not name.endswith(".json"):
        return False
    try:
        return bool(json.loads(here) == json.loads(there))
    except ValueError:
        return False


# -- what was exchanged


def _state(folder: Path) -> dict[str, Any]:
    content = _content(folder / STATE)
    if content is None:
        return {}
    try:
        state = json.loads(content)
    except ValueError:
        raise CommandFailed(
            f"{folder / STATE} is damaged. Delete it: files that differ then count as changed."
        ) from None
    return state if isinstance(state, dict) else {}


def _remember(folder: Path, address: str, name: str, number: int, files: Mapping[str, bytes]) -> None:
    digests = {each: _digest(here) for each in files if (here := _content(folder / each)) is not None}
    write(folder / STATE, as_text({"server": address, "module": name, "version": number, "files": digests}))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
