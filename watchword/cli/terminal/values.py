"""Numbers and choices on the command line: what is wrong with one is said in our words, for every command in one place."""

import math
from difflib import get_close_matches
from typing import Any

import click

from crawler.text.counts import write_number


class Number(click.types.IntParamType):
    """A whole number."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; raise BadParameter for other words."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            problem = f'"{value}" is not a whole number'
            raise click.BadParameter(problem, ctx=ctx, param=param) from error


class BoundedNumber(click.IntRange):
    """A whole number between bounds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; raise BadParameter for other words and for a number outside the bounds."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            problem = f'"{value}" is not possible here; write {self._bounds()}'
            raise click.BadParameter(problem, ctx=ctx, param=param) from error

    def _bounds(self) -> str:
        least, most = self.min, self.max
        if most is None or math.isinf(most):
            return f"a whole number, {write_number(int(least or 0))} or more"
        return f"a whole number from {write_number(int(least or 0))} to {write_number(int(most))}"


class OneOf(click.Choice[str]):
    """One of a few words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word; raise BadParameter, with those there are, for another one."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            words = [str(one) for one in self.choices]
            near = get_close_matches(str(value).lower(), words, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            forms = f"{', '.join(words[:-1])} or {words[-1]}" if words[1:] else words[0]
            problem = f'"{value}" is not understood; write {forms}{hint}'
            raise click.BadParameter(problem, ctx=ctx, param=param) from error


def speak_our_words(command: click.Command) -> None:
    """Exchange Click's types of a command for ours, which differ in what they say of a wrong value."""
    for parameter in command.params:
        stated = parameter.type
        # exactly these: other types that Click or we derive from them have words of their own
        if type(stated) is click.types.IntParamType:
            parameter.type = Number()
        elif type(stated) is click.IntRange:
            parameter.type = BoundedNumber(
                stated.min, stated.max, stated.min_open, stated.max_open, stated.clamp
            )
        elif type(stated) is click.Choice:
            parameter.type = OneOf(stated.choices, stated.case_sensitive)
