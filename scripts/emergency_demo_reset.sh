#!/usr/bin/env bash
# One-command emergency reset: ./scripts/emergency_demo_reset.sh BUNDLE
set -euo pipefail
begun=$SECONDS
playbook reset --force "${1:?name a bundle: sequoia, lvmh, … or all}"
playbook check "$1"
echo "emergency reset of $1: GO after $((SECONDS - begun)) s"
