"""The composition root: builds all components from the settings, and closes them at the end."""

from service.bootstrap.parts import Parts, build_parts
from service.bootstrap.services import Services, build

__all__ = ["Parts", "Services", "build", "build_parts"]
