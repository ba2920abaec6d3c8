#!/usr/bin/env bash
# One-command emergency reset, even while an investor is in session:
#   ./scripts/emergency_demo_reset.sh BUNDLE [--env-file FILE | --embedded]
[ $# -gt 0 ] || { echo "$0: name a bundle: sequoia, lvmh, … or all" >&2; exit 2; }
command -v playbook >/dev/null || { echo "$0: playbook is not on the PATH (README.md)" >&2; exit 2; }
exec playbook reset --force --check --emergency "$@"
