#!/usr/bin/env bash
# One-command emergency reset, whoever is in session: ./scripts/emergency_demo_reset.sh BUNDLE
begun=$SECONDS
playbook reset --force --check "${1:?name a bundle: sequoia, lvmh, … or all}"
code=$?
echo "emergency reset of $1: $([ $code = 0 ] && echo GO || echo "not GO, exit $code") after $((SECONDS - begun)) s"
exit $code
