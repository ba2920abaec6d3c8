#!/usr/bin/env bash
# Verify rollback success: ./scripts/verify_demo_state.sh [BUNDLE]
exec playbook verify "${1:-all}"
