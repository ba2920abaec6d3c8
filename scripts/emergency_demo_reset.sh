#!/usr/bin/env bash
# One-command emergency reset, even while an investor is in session:
#   ./scripts/emergency_demo_reset.sh BUNDLE [--env-file FILE | --embedded]
: "${1:?name a bundle: sequoia, lvmh, … or all}"
exec playbook reset --force --check --emergency "$@"
