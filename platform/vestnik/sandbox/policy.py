"""The language of modules: RestrictedPython with async, match and the rest that people write today.

This is the outer wall only; the process (jail.py) is the boundary. Everything here runs inside the jail.

The policy is *fast*: an attribute name is a constant in the syntax tree, so a name that passes the check
here is left as a native attribute access. Only the names in SENSITIVE_ATTRIBUTES, whose danger depends on
the object, go through `_getattr_` at run time. Subscripts and iteration stay native: their guards would be
the identity.
"""

import ast
import builtins
import warnings
from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any, Final

from RestrictedPython.transformer import (
    ALLOWED_FUNC_NAMES,
    INSPECT_ATTRIBUTES,
    IOPERATOR_TO_STR,
    RestrictingNodeTransformer,
    copy_locations,
)

FILENAME: Final = "module.py"
SOURCE_LIMIT: Final = 256 * 1024
NODE_LIMIT: Final = 60_000
DEPTH_LIMIT: Final = 90
FINDING_LIMIT: Final = 200

# Refused in the source, in getattr() and in match patterns.
DENIED_ATTRIBUTES: Final = frozenset(INSPECT_ATTRIBUTES) | frozenset(
    {
        "ag_await", "asend", "athrow", "aclose",
        "co_consts", "co_names",
        "f_trace_lines", "f_trace_opcodes",
        "format_map", "func_globals", "getbuffer",
        "gi_yieldfrom", "mro",
        "tb_frame", "tb_next", "with_traceback",
    }
)  # fmt: skip

# Allowed, but the object decides: see guards.guarded_getattr.
SENSITIVE_ATTRIBUTES: Final = frozenset(
    {
        "__name__", "close", "default", "format", "func", "get_field", "gi_running",
        "name_from", "obj", "object_hook", "register", "send", "throw", "vformat",
    }
)  # fmt: skip

DYNAMIC_CODE: Final = frozenset({"exec", "eval", "compile"})

# (line, column, end line, end column, severity, kind, code, fields); columns count characters from 1
Finding = tuple[int, int, int, int, str, str, str, dict[str, str]]


class ModuleRefused(Exception):
    """The source is not a module that may run; `findings` says where and why."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(findings[0][6])


def attribute_refusal(name: str) -> str | None:
    """The code of the rule that keeps this attribute name out, or None."""
    if name.startswith("_") and name != "_":
        return "private_attribute"
    if name in DENIED_ATTRIBUTES or name.endswith("__roles__"):
        return "restricted_attribute"
    return None


class ModulePolicy(RestrictingNodeTransformer):
    """Walks a module's tree once, collects everything that is refused and rewrites what needs a guard.

    `modules` is the import allow-list: name -> the names it offers. `builtin_names` are the built-ins that
    exist.
    """

    def __init__(
        self, source: str, modules: Mapping[str, frozenset[str]], builtin_names: frozenset[str]
    ) -> None:
        super().__init__()
        self.findings: list[Finding] = []
        self._lines = source.split("\n")
        self._modules = modules
        self._unavailable = frozenset(dir(builtins)) - builtin_names
        self._bound: set[str] = set()
        self._suspects: list[ast.Name] = []

    # -- reporting

    def report(self, node: ast.AST, code: str, **fields: str) -> None:
        """Notes one refusal at the place of `node`."""
        line = getattr(node, "lineno", 1)
        end_line = getattr(node, "end_lineno", None) or line
        start = self._column(line, getattr(node, "col_offset", 0))
        end = self._column(end_line, getattr(node, "end_col_offset", None) or 0)
        if isinstance(node, ast.Attribute):  # the name after the dot, not the whole expression before it
            line, start = end_line, end - len(node.attr)
        finding: Finding = (line, start, end_line, end, "error", "policy", code, fields)
        if len(self.findings) < FINDING_LIMIT and finding not in self.findings[-4:]:
            self.findings.append(finding)

    def _column(self, line: int, offset_bytes: int) -> int:
        """The tree counts UTF-8 bytes from 0; people and editors count characters from 1."""
        if not 1 <= line <= len(self._lines):
            return offset_bytes + 1
        return len(self._lines[line - 1].encode()[:offset_bytes].decode(errors="ignore")) + 1

    def error(self, node: ast.AST, info: str) -> None:
        """What upstream refuses and this class does not name itself."""
        self.report(node, "forbidden", detail=info)

    def warn(self, node: ast.AST, info: str) -> None:
        """Upstream warns about its print collector, which is not used here."""

    def not_allowed(self, node: ast.AST) -> None:
        """A kind of node that is not in the language; its parts are still checked."""
        self.report(node, "statement", name=type(node).__name__)
        self.node_contents_visit(node)

    def visit(self, node: ast.AST) -> Any:
        """Keeps a refused node in the tree, so that the walk goes on and finds the rest."""
        result = super().visit(node)
        return node if result is None else result

    def report_unavailable(self) -> None:
        """Reports built-ins that modules don't have, unless the module binds the name itself."""
        for node in self._suspects:
            if node.id not in self._bound:
                code = "dynamic_code" if node.id in DYNAMIC_CODE else "unavailable_name"
                self.report(node, code, name=node.id)

    # -- names

    def check_name(self, node: Any, name: str | None, allow_magic_methods: bool = False) -> None:
        """Checks a name that the module binds."""
        if name is None:
            return
        self._bound.add(name)
        if allow_magic_methods and name in ALLOWED_FUNC_NAMES and node.col_offset != 0:
            return
        self._check_identifier(node, name)

    def _check_identifier(self, node: ast.AST, name: str) -> None:
        if (name.startswith("_") and name != "_") or name.endswith("__roles__"):
            self.report(node, "private_name", name=name)

    def _check_attribute(self, node: ast.AST, name: str) -> None:
        code = attribute_refusal(name)
        if code is not None:
            self.report(node, code, name=name)

    def visit_Name(self, node: ast.Name) -> Any:
        if not isinstance(node.ctx, ast.Load):
            self.check_name(node, node.id)
        elif node.id in self._unavailable and not node.id.startswith("_"):
            self._suspects.append(node)
        else:
            self._check_identifier(node, node.id)
        return node

    def visit_Global(self, node: ast.Global) -> Any:
        for name in node.names:
            self.check_name(node, name)
        return node

    def visit_Nonlocal(self, node: ast.Nonlocal) -> Any:
        for name in node.names:
            self.check_name(node, name)
        return node

    # -- functions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return self._visit_function(node)

    def _visit_function(self, node: Any) -> Any:
        self.check_name(node, node.name, allow_magic_methods=True)
        self._check_arguments(node.args)
        node.returns = None
        if getattr(node, "type_params", None):
            self.report(node, "type_parameters")
        return self.node_contents_visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        self._check_arguments(node.args)
        return self.node_contents_visit(node)

    def _check_arguments(self, arguments: ast.arguments) -> None:
        """Every kind of argument: one that shadows a guard would switch it off (CVE-2026-55830)."""
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None]
        for arg in every:
            self.check_name(arg, arg.arg)
            arg.annotation = None

    def visit_Await(self, node: ast.Await) -> Any:
        return self.node_contents_visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        return self.node_contents_visit(node)

    def visit_keyword(self, node: ast.keyword) -> Any:
        if node.arg is not None:
            self._check_identifier(node, node.arg)
        return self.node_contents_visit(node)

    # -- classes

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        self.check_name(node, node.name)
        for keyword in node.keywords:
            if keyword.arg != "total":  # of a TypedDict, which is a plain dict here
                self.report(keyword, "class_keyword", name=keyword.arg or "**")
        if getattr(node, "type_params", None):
            self.report(node, "type_parameters")
        node.keywords = []
        node = self.node_contents_visit(node)
        node.keywords = [ast.keyword("metaclass", ast.Name("__metaclass__", ast.Load()))]
        for part in ast.walk(node.keywords[0]):
            ast.copy_location(part, node)
        return node

    # -- assignments

    def visit_Assign(self, node: ast.Assign) -> Any:
        return self.node_contents_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        """Annotations are dropped: nothing evaluates them."""
        if node.value is None:
            self.visit(node.target)
            return self._replaced(node, ast.Pass())
        return self.visit(self._replaced(node, ast.Assign(targets=[node.target], value=node.value)))

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """`x += 1` on a name is native; on an item or attribute it becomes a call of a guard."""
        operator = ast.Constant(IOPERATOR_TO_STR[type(node.op)])
        target = node.target
        if isinstance(target, ast.Name):
            return self.node_contents_visit(node)
        owner, value = self.visit(target.value), self.visit(node.value)
        if isinstance(target, ast.Subscript):
            call = ast.Call(
                self._load("_inplaceitem_"), [operator, owner, self.visit(target.slice), value], []
            )
        else:
            self._check_attribute(target, target.attr)
            attribute = ast.Constant(target.attr)
            call = ast.Call(self._load("_inplaceattr_"), [operator, owner, attribute, value], [])
        return self._replaced(node, ast.Expr(call))

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        if not (node.attr == "__name__" and isinstance(node.ctx, ast.Load)):
            self._check_attribute(node, node.attr)
        node = self.node_contents_visit(node)
        if not isinstance(node.ctx, ast.Load):
            node.value = self._guarded(node.value, "_write_", [node.value])
        elif node.attr in SENSITIVE_ATTRIBUTES:
            return self._guarded(node, "_getattr_", [node.value, ast.Constant(node.attr)])
        return node

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        node = self.node_contents_visit(node)
        if not isinstance(node.ctx, ast.Load):
            node.value = self._guarded(node.value, "_write_", [node.value])
        return node

    def guard_iter(self, node: Any) -> Any:
        return self.node_contents_visit(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> Any:
        return self.node_contents_visit(node)

    def visit_With(self, node: ast.With) -> Any:
        return self.node_contents_visit(node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> Any:
        return self.node_contents_visit(node)

    # -- exceptions

    def visit_Try(self, node: ast.Try) -> Any:
        for statement in node.finalbody:
            for part in ast.walk(statement):
                if isinstance(part, (ast.Return, ast.Break, ast.Continue)):
                    self.report(part, "finally_jump", name=type(part).__name__.lower())
        return self.node_contents_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> Any:
        """A bare `except:` catches what modules may catch; the scheduler's own signals pass it by."""
        if node.type is None:
            node.type = self._load("Exception")
            copy_locations(node.type, node)
        self.check_name(node, node.name)
        return self.node_contents_visit(node)

    # -- imports

    def visit_Import(self, node: ast.Import) -> Any:
        self._check_lazy(node)
        for alias in node.names:
            if alias.name not in self._modules:
                self._report_import(alias, alias.name)
            self.check_name(alias, alias.asname or alias.name.split(".")[0])
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        if node.module == "__future__":
            return self._replaced(node, ast.Pass())
        self._check_lazy(node)
        module = node.module or ""
        offered = self._modules.get(module)
        if node.level:
            self.report(node, "import_relative")
        elif offered is None:
            self._report_import(node, module)
        for alias in node.names:
            self._check_imported(alias, module, offered)
        return node

    def _check_imported(self, alias: ast.alias, module: str, offered: frozenset[str] | None) -> None:
        if alias.name == "*":
            self.report(alias, "import_star")
            return
        self.check_name(alias, alias.asname or alias.name)
        if attribute_refusal(alias.name) is not None:
            self._check_attribute(alias, alias.name)
        elif offered is not None and alias.name not in offered:
            self.report(alias, "import_unknown_name", module=module, name=alias.name)

    def _report_import(self, node: ast.AST, name: str) -> None:
        self.report(node, "import_unavailable", name=name, available=", ".join(sorted(self._modules)))

    def _check_lazy(self, node: Any) -> None:
        """A lazy import (Python 3.15) would go past the guarded `__import__`."""
        if getattr(node, "is_lazy", 0):
            self.report(node, "statement", name="lazy import")

    # -- match

    def visit_Match(self, node: Any) -> Any:
        return self.node_contents_visit(node)

    visit_match_case = visit_MatchSingleton = visit_MatchSequence = visit_MatchOr = visit_Match

    def visit_MatchValue(self, node: ast.MatchValue) -> Any:
        self._check_pattern_path(node.value)
        return self.node_contents_visit(node)

    def _check_pattern_path(self, path: ast.expr) -> None:
        """A dotted name in a pattern can't be guarded, so sensitive names are refused in it."""
        for part in ast.walk(path):
            if isinstance(part, ast.Attribute) and part.attr in SENSITIVE_ATTRIBUTES:
                self.report(part, "restricted_attribute", name=part.attr)

    def visit_MatchStar(self, node: ast.MatchStar) -> Any:
        self.check_name(node, node.name)
        return self.node_contents_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> Any:
        self.check_name(node, node.name)
        return self.node_contents_visit(node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> Any:
        self.check_name(node, node.rest)
        return self.node_contents_visit(node)

    def visit_MatchClass(self, node: ast.MatchClass) -> Any:
        """A class pattern reads attributes natively at run time, so sensitive names are refused too."""
        self._check_pattern_path(node.cls)
        for name in node.kwd_attrs:
            self._check_attribute(node, name)
            if name in SENSITIVE_ATTRIBUTES:
                self.report(node, "restricted_attribute", name=name)
        if len(node.patterns) > 1:
            self.report(node, "match_positional")
        return self.node_contents_visit(node)

    def visit_TemplateStr(self, node: ast.AST) -> Any:
        self.not_allowed(node)

    # -- building nodes

    @staticmethod
    def _load(name: str) -> ast.Name:
        return ast.Name(name, ast.Load())

    @staticmethod
    def _replaced(old: Any, new: Any) -> Any:
        copy_locations(new, old)
        return new

    def _guarded(self, place: Any, guard: str, arguments: list[ast.expr]) -> ast.Call:
        call = ast.Call(self._load(guard), arguments, [])
        copy_locations(call, place)
        return call


def parse(source: str) -> tuple[ast.Module, list[Finding]]:
    """The tree and the warnings of Python's own parser. Raises ModuleRefused."""
    if len(source.encode(errors="surrogatepass")) > SOURCE_LIMIT:
        raise ModuleRefused([_whole("policy", "too_large", limit=str(SOURCE_LIMIT))])
    if "\x00" in source:
        raise ModuleRefused([_whole("syntax", "encoding")])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            tree = ast.parse(source, FILENAME, "exec")
        except SyntaxError as error:
            raise ModuleRefused([_from_syntax_error(error)]) from None
        except (MemoryError, RecursionError):
            raise ModuleRefused([_whole("syntax", "too_complex")]) from None
    _refuse_giants(tree)
    return tree, [_from_warning(warning) for warning in caught]


def compile_module(
    source: str, modules: Mapping[str, frozenset[str]], builtin_names: frozenset[str]
) -> tuple[CodeType, ast.Module, list[Finding]]:
    """Code, the rewritten tree (signatures are as in the source), and warnings.

    Raises ModuleRefused with every finding, not only the first.
    """
    tree, found = parse(source)
    policy = ModulePolicy(source, modules, builtin_names)
    try:
        policy.visit(tree)
        policy.report_unavailable()
        if policy.findings:
            raise ModuleRefused(found + policy.findings)
        return compile(tree, FILENAME, "exec", dont_inherit=True), tree, found
    except SyntaxError as error:
        raise ModuleRefused([*found, _from_syntax_error(error)]) from None
    except (MemoryError, RecursionError):
        raise ModuleRefused([_whole("syntax", "too_complex")]) from None
    except ValueError as error:  # the compiler's own check of the tree
        raise ModuleRefused([_whole("syntax", "syntax", detail=str(error))]) from None


def _refuse_giants(tree: ast.Module) -> None:
    """Counts nodes and depth without recursion, before anything recursive sees the tree."""
    count = 0
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        count += 1
        if depth > DEPTH_LIMIT or count > NODE_LIMIT:
            line = getattr(node, "lineno", 1)
            raise ModuleRefused([(line, 1, line, 1, "error", "policy", "too_complex", {})])
        children: Iterable[ast.AST] = ast.iter_child_nodes(node)
        stack.extend((child, depth + 1) for child in children)


def _whole(kind: str, code: str, **fields: str) -> Finding:
    return (1, 1, 1, 1, "error", kind, code, fields)


def _from_syntax_error(error: SyntaxError) -> Finding:
    line, column = error.lineno or 1, max(error.offset or 1, 1)
    end_line, end_column = error.end_lineno or line, error.end_offset or 0
    if end_line < 1 or (end_line, end_column) <= (line, column):
        end_line, end_column = line, column + 1
    return (line, column, end_line, end_column, "error", "syntax", "syntax", {"detail": error.msg})


def _from_warning(warning: warnings.WarningMessage) -> Finding:
    line = warning.lineno or 1
    return (line, 1, line, 1, "warning", "syntax", "syntax_warning", {"detail": str(warning.message)})
