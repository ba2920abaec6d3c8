#!/usr/bin/env bash
# Verify rollback success: ./scripts/verify_demo_state.sh [BUNDLE] [--env-file FILE | --embedded]
case "${1:-}" in "" | -*) set -- all "$@" ;; esac
command -v playbook >/dev/null || { echo "$0: playbook is not on the PATH (README.md)" >&2; exit 2; }
exec playbook verify "$@"
