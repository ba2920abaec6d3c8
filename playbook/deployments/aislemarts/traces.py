"""The traces of a visitor: all by user id, because they have no addresses."""

from __future__ import annotations

from playbook.deployments.description import Trace

TRACES = (
    Trace("conversations", "Clear demo conversations", user_ids=("participants",),
          instants=("last_message_at",)),
    Trace("messages", "Clear the messages of demo conversations", user_ids=("sender_id",),
          instants=("created_at",), parent=("conversations", "conversation_id")),
    Trace("carts", "Clear demo carts", user_ids=("userId",), instants=("updatedAt",)),
    Trace("orders", "Clear demo orders", user_ids=("user_id",),
          instants=("updated_at", "created_at")),
    Trace("wishlist", "Clear demo wishlists", user_ids=("user_id",), instants=("created_at",)),
    Trace("livesale_viewers", "Clear demo viewers of LiveSales", user_ids=("user_id",),
          instants=("left_at", "joined_at")),
)  # fmt: skip
