"""Background: how does a screen do what lasts, such as reading?"""

from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from textual import work
from textual.worker import Worker

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def background(
    *, group: str, exclusive: bool = False
) -> Callable[[Callable[_Arguments, Coroutine[Any, Any, _Result]]], Callable[_Arguments, Worker[_Result]]]:
    """Have the method that is decorated run as a worker of `group`; an `exclusive` one ends those before it.

    It is not described: Textual would put all its arguments into words, and one may be an account with all its days.
    """
    return work(group=group, exclusive=exclusive, description="")
