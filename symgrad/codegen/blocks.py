"""The blocks of a `with` or `try`, from the marks at their ends."""
from __future__ import annotations

import ast
from typing import Any

from symgrad.codegen.trees import Stmts


class Mark(ast.Pass):
    """Where a block of the primal begins, turns or ends."""

    def __init__(self, what: str = "", block: int = 0, parts: Any = None) -> None:
        super().__init__()
        self.what, self.block, self.parts = what, block, parts


def blocks(stmts: Stmts) -> Stmts:
    """Statements between marks as the blocks that they were; marks without a partner are dropped."""
    out: Stmts = []
    i = 0
    while i < len(stmts):
        s = stmts[i]
        i += 1
        if not isinstance(s, Mark):
            out.append(s)
            continue
        if s.what in ("end", "turn"):
            continue
        partners = {m.what: k for k, m in enumerate(stmts) if isinstance(m, Mark) and m.block == s.block and k >= i}
        if "end" not in partners:
            continue
        end = partners["end"]
        turn = partners.get("turn", end)
        body = blocks(stmts[i:turn]) or [ast.Pass()]
        if s.what == "with":
            out.append(ast.With(s.parts, body))
        else:
            out.append(ast.Try(body, [], [], blocks(stmts[turn + 1:end]) or [ast.Pass()]))
        i = end + 1
    return out
