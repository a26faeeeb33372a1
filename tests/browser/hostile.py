"""A node whose peers write what they like: its own surface, with other words in the place of marks."""

import dataclasses
import inspect
from typing import Any, cast

from pcloud.runtime.surface import Surface


class Hostile:
    """Asks the node, and puts a text wherever a mark stands in its answers."""

    def __init__(self, surface: Surface, *marks: str) -> None:
        self.text = ""
        self._surface = surface
        self._marks = marks

    @property
    def surface(self) -> Surface:
        """It, as pages take it."""
        return cast("Surface", self)

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._surface, name)
        if not inspect.iscoroutinefunction(real):
            return real

        async def asked(*given: Any, **named: Any) -> Any:
            return self._spoilt(await real(*given, **named))

        return asked

    def _spoilt(self, answer: Any) -> Any:
        if isinstance(answer, str):
            for mark in self._marks:
                answer = answer.replace(mark, self.text)
            return answer
        if isinstance(answer, list | tuple) and type(answer) in {list, tuple}:
            return type(answer)(self._spoilt(each) for each in answer)
        if isinstance(answer, dict):
            return {self._spoilt(name): self._spoilt(value) for name, value in answer.items()}
        if dataclasses.is_dataclass(answer) and not isinstance(answer, type):
            fields = {
                each.name: self._spoilt(getattr(answer, each.name)) for each in dataclasses.fields(answer)
            }
            return dataclasses.replace(answer, **fields)
        return answer
