"""What is shipped for operators fits what the platform does: metrics, labels, commands, settings, files."""

from __future__ import annotations

import configparser
import json
import pathlib
import re
import shlex
import subprocess
import sys

import click
import pytest
import yaml
from prometheus_client import parser

import cli
from engine import bootstrap, config, jobs, metrics, monitoring

OPS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "ops"
UNITS = sorted(OPS.glob("*.service"))
#: What Prometheus and the supervisor add to every sample.
ADDED = {"instance", "job", "process", "le"}
_NAME = re.compile(r"\bgongkai_[a-z_]+")
_SELECTED = re.compile(r"(gongkai_[a-z_]+)\{([^}]*)\}")
_GROUPED = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")


@pytest.fixture(scope="module")
def families(tmp_path_factory):
    """Every metric that a process or a supervisor tells, with its kind."""
    database = tmp_path_factory.mktemp("ops") / "ops.db"
    with bootstrap.open_engine(config.Settings(database=f"sqlite:///{database}"), shipped_packs=False) as engine:
        pages, _ = monitoring.of_process(engine, worker=jobs.Worker(engine))
        texts = [pages["/metrics"]().body.decode()]
    found = monitoring.Supervisor(1, lambda place, socket: ["true"], {}, silent=1, grace=1)
    texts.append(found.pages()["/metrics"]().body.decode())
    found.close()
    return {family.name: family.type for text in texts for family in parser.text_string_to_metric_families(text)}


@pytest.fixture(scope="module")
def series(families):
    """The names that a query may use."""
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    return {f"{name}{end}" for name, kind in families.items() for end in ends[kind]}


@pytest.fixture(scope="module")
def documented():
    """The labels of every metric, as the page for operators tells them."""
    rows = re.findall(r"^\| (`gongkai_.*?) \| (.*?) \|", (OPS / "monitor.md").read_text(), re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", labels)) for names, labels in rows for name in _NAME.findall(names)}


def queries():
    rules = yaml.safe_load((OPS / "alerts.yaml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in json.loads((OPS / "grafana-dashboard.json").read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def base(name):
    return re.sub(r"_(total|bucket|count|sum)$", "", name)


def test_the_page_for_operators_tells_every_metric_with_its_labels_and_no_other(families, documented):
    text = (OPS / "monitor.md").read_text()
    assert {base(name) for name in _NAME.findall(text)} == {base(name) for name in families}
    for collector in (metrics.JOBS, metrics.JOB_SECONDS, metrics.COMPLETION_SECONDS, metrics.HTTP_SECONDS):
        (family,) = collector.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert documented[name] >= set(collector._labelnames)


@pytest.mark.parametrize(("where", "query"), list(queries()))
def test_every_query_names_metrics_and_labels_that_exist(where, query, series, documented):
    used = set(_NAME.findall(query))
    assert used
    assert used <= series
    assert all(query.count(a) == query.count(b) for a, b in ("()", "{}", "[]"))
    labels = {base(name): known for name, known in documented.items()}
    for name, matchers in _SELECTED.findall(query):
        assert set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", matchers)) <= labels[base(name)] | ADDED, name
    known = set().union(*(labels.get(base(name), set()) for name in used)) | ADDED
    for group in _GROUPED.findall(query):
        assert {label.strip() for label in group.split(",")} <= known


def test_what_every_process_tells_of_the_database_is_never_added_up(families):
    """Two web and two worker processes see one queue, not four."""
    of_process = {base(name) for name, kind in families.items() if kind != "gauge"}
    shared = re.compile(r"gongkai_(?:jobs_waiting|job_oldest|incidents|timers_late|timer_lag|mail|webhook)\w*")
    for where, query in queries():
        for name in shared.findall(query):
            if base(name) not in of_process:
                assert re.search(rf"max (?:by \(\w+\) )?\({name}|max\({name}", query), (where, query)


def test_the_alerts_are_complete_and_say_in_chinese_what_to_do():
    rules = [rule for group in yaml.safe_load((OPS / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]
    names = [rule["alert"] for rule in rules]
    assert len(names) == len(set(names))
    assert {"GongkaiNoFetch", "GongkaiIncidents", "GongkaiOldestJob", "GongkaiTimerLag", "GongkaiPoolExhausted"} <= set(
        names
    )
    for rule in rules:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("critical", "warning")
        for text in (rule["annotations"]["summary"], rule["annotations"]["description"]):
            assert re.search(r"[\u4e00-\u9fff]", text), rule["alert"]
        for page in re.findall(r"docs/[\w/.-]+\.md", rule["annotations"]["description"]):
            assert (OPS.parent.parent / page).is_file(), page


def test_the_dashboard_has_panels_that_do_not_overlap_and_a_data_source_to_choose():
    dashboard = json.loads((OPS / "grafana-dashboard.json").read_text())
    assert dashboard["schemaVersion"] >= 36
    assert [variable["type"] for variable in dashboard["templating"]["list"]] == ["datasource"]
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    taken = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert panel["targets"]


def check_command(words):
    """See to it that the command line takes such a command."""
    command = cli.main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    command.make_parser(click.Context(command)).parse_args(list(words))


def check_settings(names):
    known = {f"GONGKAI_{name.upper()}" for name in config.Settings.__dataclass_fields__}
    assert {name for name in names if name.startswith("GONGKAI_")} <= known


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_start_commands_that_exist_and_are_closed_up(unit, tmp_path):
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str
    read.read(unit)
    service = read["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program == "/srv/gongkai/.venv/bin/gongkai"
    check_command(words)
    assert service["User"] == "gongkai"
    assert int(service["TimeoutStopSec"]) > config.Settings().grace_seconds + monitoring.MARGIN + 10
    for name in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "RestrictNamespaces", "LockPersonality"):
        assert service[name] == "yes"
    assert service["ProtectSystem"] == "strict"
    if pathlib.Path("/usr/bin/systemd-analyze").exists():
        copy = tmp_path / unit.name
        copy.write_text(unit.read_text().replace(program, sys.executable))
        done = subprocess.run(["/usr/bin/systemd-analyze", "verify", copy], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_example_of_settings_can_be_read():
    lines = (OPS / "gongkai.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    settings = config.read(given)
    assert settings.log == "json"
    assert settings.database.startswith("postgresql+psycopg://")


def test_the_composition_has_two_of_each_with_commands_settings_and_pages_that_exist():
    composition = yaml.safe_load((OPS / "compose.yaml").read_text())
    services = composition["services"]
    assert set(services) == {"database", "setup", "web-1", "web-2", "worker-1", "worker-2"}
    assert services["database"]["image"] in ("postgres:16", "postgres:17")
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert len(published) == len(set(published))
    assert not [port for port in published if port.endswith(":9464")]
    for name, service in services.items():
        check_settings(service["environment"])
        for volume in service["volumes"]:
            assert volume.split(":")[0] in composition["volumes"]
        if name in ("database", "setup"):
            continue
        check_command(list(service["command"]))
        assert int(service["stop_grace_period"].rstrip("s")) > config.Settings().grace_seconds
        probe = service["healthcheck"]["test"]
        compile(probe[-1], name, "exec")
        assert re.search(r"/(\w+)'", probe[-1])[1] == ("readyz" if name.startswith("web") else "healthz")
        assert service["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}
    for line in services["setup"]["entrypoint"][-1].split("&&"):
        check_command(shlex.split(line)[1:])


def test_the_image_copies_what_is_there_and_all_that_is_installed():
    root = OPS.parent.parent
    text = (OPS / "Dockerfile").read_text()
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["debian:12-slim"]
    copied = [name for line in re.findall(r"^COPY (.*)", text, re.MULTILINE) for name in line.split()[:-1]]
    assert all((root / name).exists() for name in copied)
    setup = configparser.ConfigParser()
    setup.read(root / "setup.cfg")
    packages = {name.strip("* ") for name in setup["options.packages.find"]["include"].split()}
    assert packages | {"cli.py", "setup.cfg", "pyproject.toml", "README.md"} == set(copied)
    kept = {line[1:] for line in (OPS / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == set(copied)
    assert "USER gongkai" in text
    libraries = set(re.findall(r"lib[\w.-]+-?\d|fonts-noto-cjk|fontconfig", (root / "tools" / "printing").read_text()))
    assert {name for name in libraries if name in text} >= {"libpango-1.0-0", "libpangoft2-1.0-0", "fonts-noto-cjk"}
    words = shlex.split(re.search(r"^CMD (.*)$", text, re.MULTILINE)[1].replace(",", " ").strip("[]"))
    check_command(words)
