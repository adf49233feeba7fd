"""Whether an extractor can take an address that its pattern does not match.

Some have a rule of their own on top of the pattern, nearly always "not if a sibling takes it". That is read from the
rule's source; where it says anything else, or there is no source, the answer is the careful one.
"""

import ast
import inspect
import textwrap
from typing import Any, Optional, Sequence


def judges_by_pattern(extractor: Any) -> bool:
    """True: whatever its `suitable` says yes to is matched by its `_VALID_URL`."""
    from yt_dlp.extractor.common import InfoExtractor

    if extractor._match_valid_url.__func__ is not InfoExtractor._match_valid_url.__func__:
        return False
    return _needs_pattern(extractor.__mro__, vars(InfoExtractor)['suitable'])


def _needs_pattern(classes: Sequence[type], original: Any) -> bool:
    for index, owner in enumerate(classes):
        rule = vars(owner).get('suitable')
        if rule is original:
            return True
        if rule is not None:
            function = _source_of(rule)
            return function is not None and _gives_only_matches(function, lambda: _needs_pattern(classes[index + 1 :], original))
    return False


def _source_of(rule: Any) -> Optional[ast.FunctionDef]:
    try:
        module = ast.parse(textwrap.dedent(inspect.getsource(rule.__func__)))
    except (OSError, TypeError, SyntaxError, AttributeError):
        return None
    function = module.body[0]
    return function if isinstance(function, ast.FunctionDef) and len(function.args.args) == 2 else None


def _gives_only_matches(function: ast.FunctionDef, does_next: Any) -> bool:
    own, url = (argument.arg for argument in function.args.args)

    def is_match(call: ast.Call) -> bool:
        if [argument.id for argument in call.args if isinstance(argument, ast.Name)] != [url] or call.keywords:
            return False
        called = call.func
        if not isinstance(called, ast.Attribute):
            return False
        of = called.value
        if called.attr == '_match_valid_url':
            return isinstance(of, ast.Name) and of.id == own
        is_super = isinstance(of, ast.Call) and isinstance(of.func, ast.Name) and of.func.id == 'super' and not of.args
        return called.attr == 'suitable' and is_super and does_next()

    def implies_match(value: Optional[ast.expr]) -> bool:
        if value is None:
            return True
        if isinstance(value, ast.Constant):
            return not value.value
        if isinstance(value, ast.IfExp):
            return implies_match(value.body) and implies_match(value.orelse)
        if isinstance(value, ast.BoolOp):
            every = all if isinstance(value.op, ast.Or) else any
            return every(implies_match(part) for part in value.values)
        return isinstance(value, ast.Call) and is_match(value)

    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == url and not isinstance(node.ctx, ast.Load):
            return False
        if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Lambda)):
            return False
        if isinstance(node, ast.Return) and not implies_match(node.value):
            return False
    return True
