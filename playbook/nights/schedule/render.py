"""The schedule for others that run jobs: Kubernetes, systemd, cron and GitHub Actions.

What runs is the same everywhere: ``playbook nightly BUNDLE --if-due``. So it does no harm that
cron daemons differ about clock changes, nor that two of them run on one environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from string import Template

from playbook import __version__
from playbook.clock import first_instant
from playbook.nights.schedule.table import SUMMER, WINTER, abbreviation, changes_clocks_at
from playbook.pristine.bundles import Bundle

KINDS = ("kubernetes", "systemd", "crontab", "github")
IMAGE = f"aislemarts-demo-playbook:{__version__}"
BACKUPS = "/var/lib/demo-playbook/backups"
REPORTS = "/var/lib/demo-playbook/reports"
LONGEST_SECONDS = 4 * 3600
"""Two hours of waiting for an investor and ample time to work."""
STOP_SECONDS = 120
"""How long a run in hand gets to finish or roll back when it is told to stop."""

_BY = "Written by `playbook schedule render {kind}`; change the schedule there, not here."

_CLAIM = Template("""\
# $by
# One secret, demo-playbook, holds the settings: MONGO_URI, MONGO_DB, REDIS_URL, API_URL,
# DEMO_PASSWORD_* and DEMO_ALERT_*. All jobs share the backups: a rollback needs them.
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: demo-playbook
  labels: {app.kubernetes.io/name: demo-playbook}
spec:
  accessModes: [ReadWriteMany]
  resources:
    requests:
      storage: 2Gi
""")

_CRON_JOB = Template("""\
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: demo-nightly-$bundle
  labels: {app.kubernetes.io/name: demo-playbook, demo-bundle: $bundle}
spec:
$oddities  schedule: "$minute $hour * * *"
  timeZone: $zone
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: $grace
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 7
  jobTemplate:
    spec:
      backoffLimit: 0  # the run retries by itself
      activeDeadlineSeconds: $longest
      template:
        metadata:
          labels: {app.kubernetes.io/name: demo-playbook, demo-bundle: $bundle}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: $stop
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            fsGroup: 10001
          containers:
            - name: nightly
              image: $image
              args: [nightly, $bundle, --if-due, --reports, $reports]
              envFrom:
                - secretRef:
                    name: demo-playbook
              env:
                - name: PLAYBOOK_BACKUPS
                  value: $backups
                - name: PLAYBOOK_RESET_TIME
                  value: "$at"
                - name: PLAYBOOK_RESET_GRACE
                  value: "$grace_minutes"
              resources:
                requests: {cpu: 100m, memory: 256Mi}
                limits: {memory: 1Gi}
              securityContext:
                allowPrivilegeEscalation: false
                capabilities: {drop: [ALL]}
              volumeMounts:
                - name: kept
                  mountPath: /var/lib/demo-playbook
          volumes:
            - name: kept
              persistentVolumeClaim:
                claimName: demo-playbook
""")

_SERVICE = Template("""\
# $by
[Unit]
Description=Nightly reset and check of the investor demo %i
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
# MONGO_URI, MONGO_DB, REDIS_URL, API_URL, DEMO_PASSWORD_* and DEMO_ALERT_*; mode 0600.
EnvironmentFile=/etc/demo-playbook.env
Environment=PLAYBOOK_BACKUPS=$backups PLAYBOOK_RESET_TIME=$at PLAYBOOK_RESET_GRACE=$grace_minutes
DynamicUser=yes
StateDirectory=demo-playbook
WorkingDirectory=/opt/demo-playbook
ExecStart=/opt/demo-playbook/.venv/bin/playbook nightly %i --if-due --reports $reports
# Somebody else is at it, or an investor is in session: the run has alerted where it had to.
SuccessExitStatus=4
KillMode=mixed
TimeoutStartSec=$longest
TimeoutStopSec=$stop
""")

_TIMER = Template("""\
# $by
[Unit]
Description=Every night at $at in $zone: the investor demo $bundle

[Timer]
$oddities# systemd knows the zone, clock changes included.
OnCalendar=*-*-* $at:00 $zone
AccuracySec=1s
# One that was missed while the machine was off is made up; --if-due decides whether it is late.
Persistent=true
Unit=demo-nightly@$bundle.service

[Install]
WantedBy=timers.target
""")

_CRONTAB = Template("""\
# $by
# For cronie, whose CRON_TZ holds for the lines after it. Debian's cron knows no CRON_TZ:
# use the systemd timers there.
SHELL=/bin/sh
PATH=/opt/demo-playbook/.venv/bin:/usr/bin:/bin
PLAYBOOK_BACKUPS=$backups
PLAYBOOK_RESET_TIME=$at
PLAYBOOK_RESET_GRACE=$grace_minutes
""")

_WORKFLOW = Template("""\
# $by
# For a deployment that GitHub's runners can reach. Cron there is UTC only and may be late, so
# each bundle is looked at at the UTC hours of its 03:00 in winter and in summer, and
# `playbook schedule due` says at which of them it is 03:00.
name: Nightly demo resets

on:
  schedule:
$crons
  workflow_dispatch:

permissions:
  contents: read

jobs:
  nightly:
    runs-on: ubuntu-latest
    timeout-minutes: 240
    strategy:
      fail-fast: false
      matrix:
        bundle: [$bundles]
    concurrency:
      group: demo-nightly-$${{ matrix.bundle }}
      cancel-in-progress: false
    env:
      MONGO_URI: $${{ secrets.MONGO_URI }}
      MONGO_DB: $${{ vars.MONGO_DB }}
      REDIS_URL: $${{ secrets.REDIS_URL }}
      API_URL: $${{ vars.API_URL }}
$passwords
      DEMO_ALERT_SUCCESS: $${{ secrets.DEMO_ALERT_SUCCESS }}
      DEMO_ALERT_MEDIUM: $${{ secrets.DEMO_ALERT_MEDIUM }}
      DEMO_ALERT_HIGH: $${{ secrets.DEMO_ALERT_HIGH }}
      DEMO_ALERT_CRITICAL: $${{ secrets.DEMO_ALERT_CRITICAL }}
      PLAYBOOK_RESET_TIME: "$at"
      PLAYBOOK_RESET_GRACE: "$grace_minutes"
      PLAYBOOK_REPORT_URL: $run_url
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version-file: .python-version
      - run: pip install --constraint constraints.txt --editable .
      - name: Is it $at there?
        id: due
        # Where the environment does not answer the run goes on: it is what alerts.
        run: |
          code=0
          playbook schedule due $${{ matrix.bundle }} || code=$$?
          if [ "$$code" -eq 1 ]; then echo "due=no"; else echo "due=yes"; fi >> "$$GITHUB_OUTPUT"
      - name: Backups of the nights before
        if: steps.due.outputs.due == 'yes'
        uses: actions/cache@v4
        with:
          path: backups
          key: demo-backups-$${{ matrix.bundle }}-$${{ github.run_id }}
          restore-keys: demo-backups-$${{ matrix.bundle }}-
      - name: Reset and check
        if: steps.due.outputs.due == 'yes'
        run: playbook nightly $${{ matrix.bundle }} --if-due --reports reports
      - name: Report
        if: steps.due.outputs.due == 'yes' && !cancelled()
        uses: actions/upload-artifact@v4
        with:
          name: demo-$${{ matrix.bundle }}
          path: reports
""")


_RUN_URL = "${{ github.server_url }}/${{ github.repository }}/actions/runs/${{ github.run_id }}"


def files(
    kind: str, bundles: Sequence[Bundle], at: time, grace: timedelta, year: int
) -> dict[str, str]:
    """The files of a kind, by name. ``year`` says whose clock changes are warned of."""
    render: Callable[[Sequence[Bundle], dict[str, str], int], dict[str, str]] = {
        "kubernetes": _kubernetes,
        "systemd": _systemd,
        "crontab": _crontab,
        "github": _github,
    }[kind]
    values = {
        "by": _BY.format(kind=kind),
        "at": f"{at:%H:%M}",
        "hour": str(at.hour),
        "minute": str(at.minute),
        "grace": str(int(grace.total_seconds())),
        "grace_minutes": str(int(grace.total_seconds() / 60)),
        "longest": str(LONGEST_SECONDS),
        "stop": str(STOP_SECONDS),
        "image": IMAGE,
        "backups": BACKUPS,
        "reports": REPORTS,
    }
    return render(bundles, values, year)


def _of(bundle: Bundle, values: dict[str, str], year: int, indent: str = "") -> dict[str, str]:
    at = time.fromisoformat(values["at"])
    odd = changes_clocks_at(bundle.timezone, year, at)
    comment = "".join(
        f"{indent}# On {wall:%d %B %Y} the clocks there change around {values['at']}.\n"
        for wall in odd
    )
    return {**values, "bundle": bundle.short, "zone": bundle.timezone, "oddities": comment}


def _kubernetes(bundles: Iterable[Bundle], values: dict[str, str], year: int) -> dict[str, str]:
    jobs = [_CRON_JOB.substitute(_of(bundle, values, year, "  ")) for bundle in bundles]
    return {"demo-nightly.yaml": _CLAIM.substitute(values) + "".join(jobs)}


def _systemd(bundles: Iterable[Bundle], values: dict[str, str], year: int) -> dict[str, str]:
    timers = {
        f"demo-nightly-{bundle.short}.timer": _TIMER.substitute(_of(bundle, values, year))
        for bundle in bundles
    }
    return {"demo-nightly@.service": _SERVICE.substitute(values), **timers}


def _crontab(bundles: Iterable[Bundle], values: dict[str, str], year: int) -> dict[str, str]:
    text = _CRONTAB.substitute(values)
    by_zone: dict[str, list[Bundle]] = {}
    for bundle in bundles:
        by_zone.setdefault(bundle.timezone, []).append(bundle)
    for zone, there in by_zone.items():
        text += f"\n{_of(there[0], values, year)['oddities']}CRON_TZ={zone}\n"
        for bundle in there:
            text += (
                f"{values['minute']} {values['hour']} * * *  "
                f"playbook nightly {bundle.short} --if-due --reports {values['reports']}\n"
            )
    return {"demo-nightly.crontab": text}


def _github(bundles: Sequence[Bundle], values: dict[str, str], year: int) -> dict[str, str]:
    at = time.fromisoformat(values["at"])
    zones = dict.fromkeys(bundle.timezone for bundle in bundles)
    crons: dict[tuple[int, int], list[str]] = {}
    for zone in zones:
        for month, day in (WINTER, SUMMER):
            wall = datetime(year, month, day, at.hour, at.minute)  # noqa: DTZ001 - wall-clock
            instant = first_instant(wall, zone).astimezone(UTC)
            city = zone.rpartition("/")[2].replace("_", " ")
            told = crons.setdefault((instant.hour, instant.minute), [])
            if (text := f"{city} ({abbreviation(instant, zone)})") not in told:
                told.append(text)
    lines = [
        f'    - cron: "{minute} {hour} * * *"  # {values["at"]} in {", ".join(told)}'
        for (hour, minute), told in sorted(crons.items())
    ]
    names = [f"DEMO_PASSWORD_{b.short.upper().replace('-', '_')}" for b in bundles]
    passwords = [f"      {name}: ${{{{ secrets.{name} }}}}" for name in names]
    return {
        "nightly-demos.yml": _WORKFLOW.substitute(
            values,
            run_url=_RUN_URL,
            crons="\n".join(lines),
            bundles=", ".join(bundle.short for bundle in bundles),
            passwords="\n".join(passwords),
        )
    }
