"""What the routes of the stand-in need from the app that they belong to."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from playbook.backend.deployment import Deployment
from playbook.pristine.seeds import Seeds


async def deployment_of(request: Request) -> Deployment:
    """The deployment of the app that answers a request."""
    deployment: Deployment = request.app.state.deployment
    return deployment


async def seeds_of(request: Request) -> Seeds:
    """The seeds of the app that answers a request."""
    seeds: Seeds = request.app.state.seeds
    return seeds


ThisDeployment = Annotated[Deployment, Depends(deployment_of)]
TheSeeds = Annotated[Seeds, Depends(seeds_of)]
