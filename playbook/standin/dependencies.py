"""What the routes of the stand-in need from the app that they belong to."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from playbook.backend.deployment import Deployment


async def deployment_of(request: Request) -> Deployment:
    """The deployment of the app that answers a request."""
    deployment: Deployment = request.app.state.deployment
    return deployment


ThisDeployment = Annotated[Deployment, Depends(deployment_of)]
