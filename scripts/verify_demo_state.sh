#!/usr/bin/env bash
# Verify rollback success: ./scripts/verify_demo_state.sh [BUNDLE] [--env-file FILE | --embedded]
case "${1:-}" in "" | -*) set -- all "$@" ;; esac
exec playbook verify "$@"
