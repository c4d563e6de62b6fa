"""A walk through the tree of a script, for what it does with names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lark import Token
from lark.visitors import Interpreter

from regbot.check.places import Place, name_in
from regbot.check.scopes import Scopes
from regbot.check.syntax import Node, arguments_of, is_call, is_node, name_of, text_of
from regbot.check.uses import MODULE, Use, Uses, Way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regbot.check.syntax import Child
    from regbot.check.uses import Path

_CATCHING: Final = {("pcall",), ("xpcall",), ("try",)}


def uses(tree: Node) -> Uses:
    """Return what the script of a tree does with names; RecursionError if it is nested too deeply."""
    walk = _Walk()
    walk.visit(tree)
    return walk.found


class _Walk(Interpreter[Token, None]):
    """Goes through a tree with the local variables that can be seen at each place."""

    def __init__(self) -> None:
        self.found = Uses()
        self._scopes = Scopes()
        self._guarded = False

    def block(self, tree: Node) -> None:
        """Walk through statements with a scope of their own."""
        self._inside((), tree.children)

    def repeat(self, tree: Node) -> None:
        """Walk through a loop whose condition sees the variables of its block."""
        block, condition = tree.children
        assert is_node(block)
        self._inside((), [*block.children, condition])

    def count(self, tree: Node) -> None:
        """Walk through `for i = 1, 10 do`."""
        name, limits, block = tree.children
        self._visit(limits)
        self._inside([name], [block])

    def each(self, tree: Node) -> None:
        """Walk through `for k, v in pairs(t) do`."""
        names, values, block = tree.children
        assert is_node(names)
        assert is_node(values)
        if len(values.children) == 1 and is_call(value := values.children[0]):
            *before, call = value.children
            place = self._chain(before)
            self._use(place, Way.LOOP)
            assert is_node(call)
            self._use(self._called(place, call), Way.READ)
        else:
            self._visit(values)
        self._inside(names.children, [block])

    def function(self, tree: Node) -> None:
        """Walk through parameters and a body."""
        parameters, block = tree.children
        assert is_node(parameters)
        self._inside(parameters.children, [block])

    def local(self, tree: Node) -> None:
        """Walk through variables that are not seen by the values they get."""
        names, *values = tree.children
        assert is_node(names)
        given = [self._given(value) for exps in values if is_node(exps) for value in exps.children]
        for place, name in enumerate(names.children):
            self._declare(name, given[place] if place < len(given) else None)

    def local_function(self, tree: Node) -> None:
        """Walk through a function that sees itself."""
        name, function = tree.children
        self._declare(name)
        self._visit(function)

    def define(self, tree: Node) -> None:
        """Walk through `function a.b:c()`."""
        target, function = tree.children
        assert is_node(target)
        self._set(target.children)
        is_method = is_node(target.children[-1], "method")
        self._inside([Token("NAME", "self")] if is_method else [], [function])

    def assignment(self, tree: Node) -> None:
        """Walk through `a, b.c = 1, 2`."""
        targets, values = tree.children
        assert is_node(targets)
        self._visit(values)
        for target in targets.children:
            assert is_node(target)
            self._set(target.children)

    def pair(self, tree: Node) -> None:
        """Walk through a field of a table that has a name, or a key."""
        key, value = tree.children
        if (name := name_of(key)) is not None:
            self.found.defined.add(name)
        self._visit(key)
        self._visit(value)

    def chain(self, tree: Node) -> None:
        """Walk through a name, or what stands in brackets, and all that is behind it."""
        self._use(self._chain(tree.children), Way.READ)

    def _visit(self, child: Child) -> None:
        if is_node(child):
            self.visit(child)

    def _inside(self, names: Sequence[Child], children: Sequence[Child]) -> None:
        with self._scopes.inside():
            for name in names:
                self._declare(name)
            for child in children:
                self._visit(child)

    def _declare(self, name: Child, path: Path | None = None) -> None:
        if isinstance(name, Token):  # A node stands for "...".
            self._scopes.declare(str(name), path)
            self.found.variables.add(str(name))

    def _given(self, value: Child) -> Path | None:
        """Walk through the value of a variable, return the path that the variable stands for then."""
        if not is_node(value, "chain"):
            self._visit(value)
            return None
        place = self._chain(value.children)
        self._use(place, Way.NAME)
        return place.path if place else None

    def _set(self, children: Sequence[Child]) -> None:
        """Walk through the target of an assignment."""
        *before, last = children
        name = name_in(last)
        if name is None:
            self._use(self._chain(children), Way.READ)
        elif before:
            self.found.defined.add(str(name))
            place = self._chain(before)
            self._use(place and place.behind(name), Way.SET)
        elif not self._scopes.forget(str(name)):
            self._use(Place((str(name),), name.line or 0), Way.SET)

    def _chain(self, children: Sequence[Child]) -> Place | None:
        """Walk through a chain; return the path at its end, whose use is still to be noted, or None."""
        place = self._root(children[0])
        for link in children[1:]:
            assert is_node(link)
            place = self._called(place, link) if link.data == "call" else self._linked(place, link)
        return place

    def _root(self, root: Child) -> Place | None:
        name = name_in(root)
        if name is None:
            self._visit(root)
            return None
        path = self._scopes.path(str(name))
        return Place(path, name.line or 0) if path else None

    def _linked(self, place: Place | None, link: Node) -> Place | None:
        name = name_in(link)
        if name is None:
            self._use(place, Way.INDEX)
            self.visit_children(link)
        elif link.data != "method":
            return place and place.behind(name)
        elif place is None:
            self.found.methods.append(name)
        else:
            self._use(place.behind(name), Way.METHOD)
        return None

    def _called(self, place: Place | None, call: Node) -> Place | None:
        arguments = arguments_of(call)
        self._use(place, Way.CALL, arguments)
        outside = self._guarded
        self._guarded = outside or (place is not None and place.path in _CATCHING)
        self.visit_children(call)
        self._guarded = outside
        if place and place.path == ("require",) and len(arguments) == 1 and (name := text_of(arguments[0])):
            return Place((MODULE + name,), place.line)
        return None

    def _use(self, place: Place | None, way: Way, arguments: Sequence[Child] = ()) -> None:
        if place:
            self.found.paths.append(Use(place.path, place.line, way, tuple(arguments), self._guarded))
