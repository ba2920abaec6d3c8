#!/usr/bin/env bash
# Validate core functionality: ./scripts/demo_smoke_test.sh BUNDLE
exec playbook check "${1:?name a bundle: sequoia, lvmh, … or all}"
