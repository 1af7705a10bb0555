"""What browsers load is what was built: unchanged, licensed, small, and from here alone."""

from __future__ import annotations

import gzip
import hashlib
import json
import pathlib
import re

import pytest
import website

from engine.web import navigation, static_files

ROOT = pathlib.Path(__file__).parents[2]
DIST = static_files.ROOT / "dist"
VENDOR = ROOT / "tests/browser/vendor"
FRONTEND = ROOT / "frontend"
TEMPLATES = sorted((static_files.ROOT.parent / "templates").rglob("*.html"))

#: Bytes of scripts and stylesheets of a page of the office, compressed; the diagram comes when it is seen.
BUDGET = 60_000
#: Names that are written like addresses and fetched by nobody: namespaces, and the mark of bpmn.io with its link.
NAMES = re.compile(
    r"https?://(www\.w3\.org/|www\.omg\.org/spec/|bpmn\.io\b|github\.com/bpmn-io/diagram-js/issues/)", re.IGNORECASE
)
#: What makes a browser fetch: imports, url() of stylesheets, and addresses that begin with two slashes.
FETCHED = re.compile(r"""@import|url\(\s*["']?(?:https?:)?//|["'`]//[a-z0-9-]+\.[a-z]{2,}""", re.IGNORECASE)


@pytest.mark.parametrize("directory", [DIST, VENDOR], ids=["dist", "vendor"])
def test_every_built_file_is_as_it_was_built(directory: pathlib.Path) -> None:
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    files = {path.name for path in directory.iterdir()} - {"manifest.json"}
    assert files == set(manifest)
    for name, digest in manifest.items():
        assert hashlib.sha256((directory / name).read_bytes()).hexdigest() == digest, f"{name}: run npm run build"


def test_licences_of_everything_that_is_shipped_lie_beside_it() -> None:
    text = (DIST / "THIRD-PARTY-LICENSES.txt").read_text(encoding="utf-8")
    named = dict(re.findall(r"^==== (\S+) (\S+) ", text, re.MULTILINE))
    shipped = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name: named.get(name) for name in shipped} == shipped
    for name in ("diagram-js", "moddle", "saxen"):
        assert name in named
    assert "The source code responsible for displaying the bpmn.io project watermark" in " ".join(text.split())
    assert "Mozilla Public License" in (VENDOR / "axe-LICENSE.txt").read_text(encoding="utf-8")


def test_scripts_and_stylesheets_of_a_page_are_small() -> None:
    base = (static_files.ROOT.parent / "templates/base.html").read_text(encoding="utf-8")
    loaded = re.findall(r"""static\(["']([^"']+\.(?:js|css))["']\)""", base)
    assert {"dist/app.css", "dist/app.js", "dist/htmx.min.js"} == set(loaded)
    sizes = {name: len(gzip.compress((static_files.ROOT / name).read_bytes(), 9)) for name in loaded}
    assert sum(sizes.values()) <= BUDGET, sizes


@pytest.mark.parametrize("path", sorted(DIST.glob("*.*s")), ids=lambda path: path.name)
def test_nothing_is_fetched_from_elsewhere(path: pathlib.Path) -> None:
    content = path.read_text(encoding="utf-8")
    addresses = re.findall(r"https?://[^\s\"'`)<>\\]+", content)
    assert [address for address in addresses if not NAMES.match(address)] == []
    assert FETCHED.findall(content) == []


def test_the_lock_file_carries_no_download_addresses() -> None:
    packages = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, about in packages.items() if "resolved" in about] == []
    assert [name for name, about in packages.items() if name and "integrity" not in about] == []


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (DIST / "icons.svg").read_text(encoding="utf-8")))
    wanted = {place.icon: "navigation.py" for place in navigation.PLACES}
    for path in TEMPLATES:
        for name in re.findall(r"""\b(?:icon|empty)\(\s*["']([a-z0-9-]+)["']""", path.read_text(encoding="utf-8")):
            wanted[name] = path.name
    assert {name: where for name, where in wanted.items() if name not in drawn} == {}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(TEMPLATES[0].parents[1])))
def test_templates_hold_nothing_that_the_content_security_policy_refuses(path: pathlib.Path) -> None:
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(
        r"<style\b|\sstyle\s*=|\son[a-z]+\s*=|javascript:|\bhx-on\b|\bsrcdoc\s*=|\bjs:|https?://\S+",
        text,
        re.IGNORECASE,
    )
    scripts = [
        tag for tag in re.findall(r"<script\b[^>]*>", text) if "src=" not in tag and "application/json" not in tag
    ]
    assert found + scripts == []


def test_what_everybody_gets_alike_travels_compressed_and_is_kept(office: website.Office) -> None:
    answer = office.client().get(static_files.url("dist/app.css"), headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    page = office.client().get("/login", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in page.headers, "pages hold a secret beside what was typed (BREACH)"


def test_browsers_find_the_icon_where_they_look_for_one(office: website.Office) -> None:
    icon = office.client().get("/favicon.ico", follow_redirects=True)
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
