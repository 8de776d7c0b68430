"""Fixtures of generation: a service that answers as told, and a task to ask about."""

from generation_scene import scene as scene
from generation_scene import scene_of as scene_of
from provider_stub import stub as stub
