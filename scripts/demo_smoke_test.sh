#!/usr/bin/env bash
# Validate core functionality: ./scripts/demo_smoke_test.sh BUNDLE [--env-file FILE | --embedded]
: "${1:?name a bundle: sequoia, lvmh, … or all}"
exec playbook check "$@"
