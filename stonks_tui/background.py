"""Background: how does a screen do what lasts, such as reading?"""

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from textual import work
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.worker import Worker

_Node = TypeVar("_Node", bound=DOMNode)
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def background(
    *, group: str, exclusive: bool = False
) -> Callable[
    [Callable[Concatenate[_Node, _Arguments], Coroutine[Any, Any, _Result]]],
    Callable[Concatenate[_Node, _Arguments], Worker[_Result | None]],
]:
    """Have the method that is decorated run as a worker of `group`; an `exclusive` one ends those before it.

    It is not described: Textual would put all its arguments into words, and one may be an account with all its days.
    One that comes back when the app is ending does not find its widgets any more: that is no fault.
    """

    def decorated(
        method: Callable[Concatenate[_Node, _Arguments], Coroutine[Any, Any, _Result]],
    ) -> Callable[Concatenate[_Node, _Arguments], Worker[_Result | None]]:
        @functools.wraps(method)
        async def run(node: _Node, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result | None:
            try:
                return await method(node, *args, **kwargs)
            except NoMatches:
                if node.app.is_running:
                    raise
                return None

        return work(group=group, exclusive=exclusive, description="")(run)

    return decorated
