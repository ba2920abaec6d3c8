"""The pages of the panel, one module for each kind."""

from __future__ import annotations

from playbook.panel.pages import actions, board, bundle, records, sheet, sign_in

ROUTERS = (
    sign_in.router,
    board.router,
    bundle.router,
    actions.router,
    sheet.router,
    records.router,
)
