"""Random expressions: numbers, arrays of a given shape, conditions, indices.

Values stay small: what grows is put through tanh, sin and their like. Each form is a template in a table with a
weight; `{}` is an operand.
"""
from __future__ import annotations

import math

from tests.fuzz.choices import Choices
from tests.fuzz.scope import Scope, Shape, Variable

CONSTANTS = ["0.5", "1.25", "-0.3", "2.0", "0.1", "1.0", "3", "-1.5"]
THRESHOLDS = ["0.2113", "-0.4371", "0.0217", "0.7309", "1.0733", "-0.0891"]

UNARY = {
    "math.sin({})": 6, "-{}": 4, "math.tanh({})": 5, "math.exp(-({}) ** 2)": 4, "math.sqrt(1.0 + ({}) ** 2)": 3,
    "abs({})": 2, "({}) ** 2": 4, "math.cos({})": 3, "math.log1p(({}) ** 2)": 2, "math.atan({})": 2,
    "np.sin({})": 2, "np.tanh({})": 2, "(1.0 + ({}) ** 2) ** 0.5": 1, "(1.0 + ({}) ** 2) ** -1": 1,
    "math.tanh({}) ** 3": 1, "math.hypot({}, 1.0)": 1, "float({})": 1, "math.erf({})": 1, "math.exp(math.tanh({}))": 2,
    "1.0 / (1.0 + math.exp(-math.tanh({})))": 1, "np.float64({})": 1, "+{}": 1, "math.fabs({})": 1,
    "(lambda t: t * t / (1.0 + t * t))({})": 1, "math.tan(math.tanh({}))": 1, "math.asinh({})": 1,
}
BINARY = {
    "({} + {})": 8, "({} - {})": 6, "({} * {})": 8, "({} / (2.0 + ({}) ** 2))": 4, "max({}, {})": 2, "min({}, {})": 2,
    "math.atan2({}, 1.5 + ({}) ** 2)": 1, "(1.5 + math.sin({})) ** math.tanh({})": 1, "math.hypot({}, 0.5 + abs({}))": 1,
    "np.maximum({}, {})": 1, "({} % (1.5 + ({}) ** 2))": 1, "np.logaddexp({}, {})": 1, "math.fmod({}, 2.5 + abs({}))": 1,
    "math.copysign({}, {})": 1, "np.hypot(1.0 + {}, {})": 1,
}
ELEMENTWISE = {
    "np.sin({})": 6, "np.tanh({})": 6, "-{}": 4, "np.exp(-({}) ** 2)": 3, "np.sqrt(1.0 + ({}) ** 2)": 3, "({}) ** 2": 4,
    "np.cos({})": 2, "np.abs({})": 1, "np.square(np.tanh({}))": 1, "np.log1p(({}) ** 2)": 2, "np.arctan({})": 1,
    "({}).copy()": 2, "np.clip({}, -0.9013, 0.8117)": 1, "np.where({0} > 0.1007, {0}, 0.5 * {0})": 2,
    "(1.0 + ({}) ** 2) ** 0.5": 1, "np.negative({})": 1, "np.asarray({})": 1, "np.array({})": 1, "np.arcsinh({})": 1,
    "np.reciprocal(1.5 + ({}) ** 2)": 1, "({}).clip(-1.1017, 1.0121)": 1,
}
PAIRWISE = {
    "({} + {})": 8, "({} - {})": 5, "({} * {})": 8, "({} / (2.0 + ({}) ** 2))": 3, "np.maximum({}, {})": 1,
    "np.minimum({}, {})": 1, "np.multiply({}, {})": 1, "np.arctan2({}, 1.5 + ({}) ** 2)": 1, "np.add({}, {})": 1,
    "np.hypot(1.0 + {}, {})": 1, "(1.5 + np.sin({})) ** np.tanh({})": 1, "np.logaddexp({}, {})": 1,
    "np.where({0} > {1}, {0} * {1}, {1})": 1, "np.subtract({}, {})": 1,
}
TO_NUMBER = {
    "np.sum({})": 8, "({}).sum()": 3, "np.mean({})": 3, "({}).mean()": 1, "np.linalg.norm(1.5 + {})": 1,
    "np.max({})": 1, "({}).min()": 1, "np.prod(np.tanh({}) + 1.5)": 1, "np.var({})": 1,
    "np.std(np.append({}, [1.5, -1.5]))": 1,            # rounding decides about that of equal numbers
    "float(np.sum({}))": 1, "np.sum({} > 0.1171)": 1, "({}).size * 0.1": 1,
}
NO_ELEMENTS = {"np.sum({})": 4, "({}).sum()": 1, "np.prod({})": 1, "np.linalg.norm({})": 1, "np.sum(({}) ** 2)": 1}


class Expressions:
    """Expressions of the variables in a scope."""

    choices: Choices
    scope: Scope

    def fill(self, template: str, *parts: str) -> str:
        return template.format(*parts)

    # -- numbers -----------------------------------------------------------------------------------

    def number(self, depth: int = 2) -> str:
        """A float, or an int where that is as good."""
        c = self.choices
        forms = {"atom": 5}
        if depth > 0:
            forms |= {"binary": 6, "unary": 4, "conditional": 1, "call": 2 * bool(self.scope.helpers)}
            if self.scope.arrays():
                forms |= {"reduction": 3}
            if self.scope.of("list", "tuple", "array"):
                forms |= {"python": 1}
        form = c.weighted(forms)
        if form == "binary":
            return self.fill(c.weighted(BINARY), self.number(depth - 1), self.number(depth - 1))
        if form == "unary":
            return self.fill(c.weighted(UNARY), self.number(depth - 1))
        if form == "conditional":
            return f"({self.number(depth - 1)} if {self.condition()} else {self.number(depth - 1)})"
        if form == "call":
            return self.call(depth - 1)
        if form == "reduction":
            return self.reduction(depth - 1)
        if form == "python":
            return self.over_items(depth - 1)
        return self.atom()

    def atom(self) -> str:
        """A variable, an element, an item, a constant."""
        c = self.choices
        floats, arrays = self.scope.of("float"), self.scope.filled()
        forms = {"constant": 2}
        if floats:
            forms = {"float": 7, **forms}
        if arrays:
            forms["element"] = 5
        if self.scope.of("list", "tuple", "dict"):
            forms["item"] = 4
        if self.scope.of("int"):
            forms["int"] = 1
        form = c.weighted(forms)
        if form == "float":
            return c.pick(floats).name
        if form == "element":
            return self.element(c.pick(arrays))
        if form == "item":
            return self.item(c.pick(self.scope.of("list", "tuple", "dict")))
        if form == "int":
            return c.pick(self.scope.of("int")).name
        return c.pick(CONSTANTS)

    def element(self, v: Variable) -> str:
        indices = [self.index(n, v.name if axis == 0 else "") for axis, n in enumerate(v.shape)]
        if len(indices) > 1 and self.choices.chance(20):
            return f"{v.name}[{']['.join(indices)}]"
        return f"{v.name}[{', '.join(indices)}]"

    def item(self, v: Variable) -> str:
        if v.kind == "dict":
            return f"{v.name}[{self.choices.pick(v.keys)!r}]"
        return f"{v.name}[{self.index(v.length, v.name if v.kind == 'list' else '', tuples=v.kind == 'tuple')}]"

    def index(self, n: int, of: str = "", tuples: bool = False) -> str:
        """An index of an axis with `n` elements, of what is called `of`."""
        c = self.choices
        ints = [] if tuples else self.scope.of("int")
        forms = {"constant": 3, "negative": 1}
        if ints:
            forms |= {"int": 6, "modulo": 3, "reversed": 1}
        if not tuples and self.scope.of("float"):
            forms["data"] = 1
        form = c.weighted(forms)
        if form == "int":
            inside = [v for v in ints if 0 <= v.low and v.high <= n]
            near = [v for v in ints if v.low >= 1 and v.high <= n + 1]
            if inside and not (near and c.chance(30)):
                return c.pick(inside).name
            if near:
                return f"{c.pick(near).name} - 1"
            form = "modulo"
        length = f"len({of})" if of and c.chance(30) else str(n)
        if form == "modulo":
            v = c.pick(ints)
            return f"({v.name}{c.pick(['', ' + 1', ' * 2', ' + 2'])}) % {length}"
        if form == "reversed":
            inside = [v for v in ints if 0 <= v.low and v.high <= n]
            if inside:
                return f"{length} - 1 - {c.pick(inside).name}"
        if form == "data":
            return f"int(abs({c.pick(self.scope.of('float')).name}) * 3.0) % {length}"
        k = c.below(n)
        return str(k - n) if form == "negative" else str(k)

    def whole(self, low: int, high: int) -> str:
        """An int from `low` to `high`, both included."""
        return str(low + self.choices.below(high - low + 1))

    def reduction(self, depth: int) -> str:
        """A number that is computed from an array."""
        c = self.choices
        v = c.pick(self.scope.arrays())
        empty = 0 in v.shape
        forms = {"sum": 8, "masked": 0 if empty or not v.shape else 2, "dot": 0 if len(v.shape) != 1 else 3,
                 "trace": 2 if len(v.shape) == 2 and not empty else 0,
                 "quadratic": 2 if len(v.shape) == 2 and not empty else 0,
                 "determinant": 1 if len(v.shape) == 2 and v.shape[0] == v.shape[1] else 0}
        form = c.weighted(forms)
        if form == "sum":
            return self.fill(c.weighted(NO_ELEMENTS if empty else TO_NUMBER), self.array(v.shape, depth))
        if form == "masked":
            return c.pick(["np.sum({0}[{0} > {1}])", "{0}[{0} < {1}].sum()", "np.sum(np.where({0} > {1}, {0}, 0.0))",
                           "np.sum({0}, where={0} > {1})"]).format(v.name, c.pick(THRESHOLDS))
        if form == "dot":
            return self.fill(c.pick(["np.dot({}, {})", "({} @ {})", "np.inner({}, {})", "np.vdot({}, {})"]),
                             v.name, self.array(v.shape, depth))
        if form == "trace":
            return f"np.trace({v.name})" if c.chance(50) else f"np.sum(np.diag({v.name}))"
        if form == "determinant":
            return f"np.linalg.det({v.name} + 2.0 * np.eye({v.shape[0]}))"
        p, q = v.shape
        return f"({self.array((p,), depth - 1)} @ {v.name} @ {self.array((q,), depth - 1)})"

    def over_items(self, depth: int) -> str:
        """A number that Python computes from the items of something."""
        c = self.choices
        v = c.pick(self.scope.of("list", "tuple", "array"))
        if v.kind == "array" and len(v.shape) != 1:
            return f"len({v.name}) * 0.25" if v.shape else f"float({v.name})"
        if v.kind == "array" and not v.length:
            return f"sum([u * u for u in {v.name}])"
        inner = self.fill(c.weighted(UNARY), "u")
        return c.pick(["sum({0})", "sum([{1} for u in {0}])", "max({0})", "sum({1} for u in {0})", "min({0})",
                       "len({0}) * 0.1", "math.prod([1.0 + 0.1 * u for u in {0}])",
                       "sum([{1} for u in {0} if u > 0.0119])",
                       "sum(u * k for k, u in enumerate({0}))"]).format(v.name, inner)

    def call(self, depth: int) -> str:
        c = self.choices
        helper = c.pick(self.scope.helpers)
        if helper.kind == "number":
            return f"{helper.name}({self.number(depth)})"
        if helper.kind == "two":
            first, second = self.number(depth), self.number(depth)
            return f"{helper.name}({first}, v={second})" if c.chance(20) else f"{helper.name}({first}, {second})"
        if helper.kind == "pair":
            return f"{helper.name}({self.number(depth)}, {self.number(depth)})[{c.below(2)}]"
        if helper.kind == "count":
            return f"{helper.name}({self.number(depth)}, {self.whole(0, 3)})"
        vectors = [v for v in self.scope.filled() if len(v.shape) == 1]
        if helper.kind == "array" and vectors:
            return f"{helper.name}({self.array(c.pick(vectors).shape, depth)})"
        if helper.kind == "writer" and (own := [v for v in vectors if v.writable]):
            v = c.pick(own)
            return f"{helper.name}({v.name}, {self.index(v.length)}, {self.number(depth)})"
        return self.number(depth)

    def condition(self, depth: int = 1) -> str:
        c = self.choices
        forms = {"threshold": 6, "compare": 2, "int": 3 * bool(self.scope.of("int")), "size": 1,
                 "and": 1 * (depth > 0), "not": 1 * (depth > 0), "chain": 1, "any": 1 * bool(self.scope.filled())}
        form = c.weighted(forms)
        if form == "compare":
            return f"{self.number(1)} {c.pick(['<', '>', '<=', '>='])} {self.number(1)} + {c.pick(THRESHOLDS)}"
        if form == "int":
            v = c.pick(self.scope.of("int"))
            return c.pick([f"{v.name} % 2 == 0", f"{v.name} > 1", f"{v.name} == 1", f"{v.name} != 0", f"{v.name} % 3 < 2"])
        if form == "size":
            v = c.pick(self.scope.variables)
            return f"len({v.name}) > 2" if v.length else c.pick(["True", "1 < 2", "False"])
        if form == "and":
            return f"({self.condition(0)} {c.pick(['and', 'or'])} {self.condition(0)})"
        if form == "not":
            return f"not {self.condition(0)}"
        if form == "chain":
            return f"-0.8013 < {self.number(0)} < {c.pick(['0.9071', '1.3017'])}"
        if form == "any":
            v = c.pick(self.scope.filled())
            return f"np.{c.pick(['any', 'all'])}({v.name} > {c.pick(THRESHOLDS)})"
        return f"{self.number(1)} {c.pick(['>', '<'])} {c.pick(THRESHOLDS)}"

    # -- arrays --------------------------------------------------------------------------------------

    def array(self, shape: Shape, depth: int = 2) -> str:
        """An array of this shape."""
        c = self.choices
        if not shape:
            zero = self.scope.arrays(())
            return c.pick(zero).name if zero and c.chance(60) else f"np.array({self.number(max(depth - 1, 0))})"
        forms = {"atom": 4}
        if depth > 0:
            forms |= {"binary": 7, "unary": 5, "view": 4, "along": 2, "product": 2, "joined": 2, "picked": 2, "made": 2}
        form = c.weighted(forms)
        if form == "binary":
            return self.binary(shape, depth)
        if form == "unary":
            return self.fill(c.weighted(ELEMENTWISE), self.array(shape, depth - 1))
        maker = {"view": self.view, "along": self.along, "product": self.product, "joined": self.joined,
                 "picked": self.picked, "made": self.made}.get(form)
        made = maker(shape, depth - 1) if maker else None
        return made or self.known(shape)

    def known(self, shape: Shape) -> str:
        """A variable, or an array made of numbers."""
        c = self.choices
        variables = self.scope.arrays(shape)
        if variables:
            return c.pick(variables).name
        if len(shape) == 1 and 0 < shape[0] < 4 and c.chance(60):
            return "np.array([" + ", ".join(self.atom() for _ in range(shape[0])) + "])"
        dims = self.dims(shape)
        return c.pick([f"np.full({dims}, {self.atom()})", f"np.ones({dims}) * {self.atom()}",
                       f"(np.zeros({dims}) + {self.atom()})"])

    def dims(self, shape: Shape) -> str:
        return str(shape[0]) if len(shape) == 1 else "(" + ", ".join(map(str, shape)) + ")"

    def binary(self, shape: Shape, depth: int) -> str:
        c = self.choices
        other: Shape = shape
        number = False
        form = c.weighted({"same": 5, "number": 4, "stretched": 3, "fewer": 2})
        if form == "number":
            number = True
        elif form == "stretched":
            axis = c.below(len(shape))
            other = tuple(1 if i == axis else n for i, n in enumerate(shape))
        elif form == "fewer":
            other = shape[1:]
        first = self.array(shape, depth - 1)
        second = self.number(depth - 1) if number else self.array(other, depth - 1)
        if c.chance(30):
            first, second = second, first
        return self.fill(c.weighted(PAIRWISE), first, second)

    def view(self, shape: Shape, depth: int) -> str | None:
        """A part of a variable, or all of it seen in another way."""
        return self.choices.pick(found) if (found := self.views(shape)) else None

    def views(self, shape: Shape, variables: list[Variable] | None = None) -> list[str]:
        found: list[str] = []
        for v in self.scope.arrays() if variables is None else variables:
            name, s = v.name, v.shape
            if len(shape) == 1:
                n = shape[0]
                if len(s) == 1:
                    found += self.slices(name, s[0], n)
                elif len(s) == 2:
                    p, q = s
                    if q == n and p:
                        found += [f"{name}[{self.index(p)}]", f"{name}[{self.index(p)}, :]"]
                    if p == n and q:
                        found += [f"{name}[:, {self.index(q)}]", f"{name}.T[{self.index(q)}]"]
                    if p * q == n:
                        found += [f"{name}.ravel()", f"{name}.reshape(-1)"]
                    if p == q == n:
                        found.append(f"np.diag({name})")
            elif len(shape) == 2:
                p, q = shape
                if s == (q, p):
                    found += [f"{name}.T", f"np.transpose({name})"]
                if s == shape:
                    found += [f"{name}[::-1]", f"{name}[:, ::-1]", f"{name}[...]"]
                elif len(s) == 2 and s[1] == q and s[0] > p:
                    found += [f"{name}{inner}" for inner in (f"[{s[0] - p}:]", f"[:{p}, :]")]
                elif len(s) == 2 and s[0] == p and s[1] > q:
                    found += [f"{name}[:, {s[1] - q}:]", f"{name}[:, :{q}]"]
                if math.prod(s) == p * q and s != shape:
                    found.append(f"{name}.reshape({p}, {q})")
                if s == (p,) and q == 1:
                    found += [f"{name}[:, None]", f"{name}[:, np.newaxis]"]
                if s == (q,) and p == 1:
                    found += [f"{name}[None, :]", f"np.expand_dims({name}, 0)"]
            elif len(shape) == 3 and s == (shape[2], shape[1], shape[0]):
                found.append(f"{name}.T")
        return found

    def slices(self, name: str, length: int, n: int) -> list[str]:
        """Slices of a vector of `length` that have `n` elements."""
        found = []
        if n == length:
            found += [f"{name}[::-1]", f"{name}[:]", f"{name}[...]"]
        elif n < length:
            k = length - n
            found += [f"{name}[{k}:]", f"{name}[:{n}]", f"{name}[:{-k}]", f"{name}[{k}:{length}]"]
            found += [f"{name}[-{n}:]"] if n else [f"{name}[:0]"]
            if k >= 2:
                found += [f"{name}[1:-{k - 1}]"]
            for v in self.scope.of("int"):
                if v.low >= 0 and v.high - 1 + n <= length:
                    found.append(f"{name}[{v.name}:{v.name} + {n}]")
                if n == 0 and v.high <= length:
                    found.append(f"{name}[{v.name}:{v.name}]")
        if n == (length + 1) // 2 and length > 1:
            found += [f"{name}[::2]", f"{name}[::-2]"]
        if n == length // 2 and length > 1:
            found.append(f"{name}[1::2]")
        return found

    def along(self, shape: Shape, depth: int) -> str | None:
        """A sum, a mean or an accumulation along an axis."""
        c = self.choices
        found = []
        for v in self.scope.arrays():
            if not math.prod(v.shape):
                continue
            for axis in range(len(v.shape)):
                rest = v.shape[:axis] + v.shape[axis + 1:]
                kept = tuple(1 if i == axis else n for i, n in enumerate(v.shape))
                if rest == shape:
                    found += [f"np.sum({v.name}, axis={axis})", f"{v.name}.mean(axis={axis - len(v.shape)})",
                              f"np.max({v.name}, axis={axis})", f"np.prod(0.5 + {v.name}, axis={axis})"]
                if kept == shape:
                    found += [f"np.sum({v.name}, axis={axis}, keepdims=True)",
                              f"np.mean({v.name}, {axis}, keepdims=True)"]
            if v.shape == shape:
                axis = c.below(len(shape))
                found += [f"np.cumsum({v.name}, axis={axis})", f"np.sort({v.name}, axis={axis})",
                          f"np.roll({v.name}, 1, axis={axis})", f"np.flip({v.name}, axis={axis})"]
        return c.pick(found) if found else None

    def product(self, shape: Shape, depth: int) -> str | None:
        """A product of matrices and vectors, or a solution of equations."""
        c = self.choices
        matrices = [v for v in self.scope.arrays() if len(v.shape) == 2]
        found = []
        for m in matrices:
            p, q = m.shape
            if shape == (p,):
                found.append(("({} @ {})", m, (q,)))
                found.append(('np.einsum("ij,j->i", {}, {})', m, (q,)))
                if p == q:
                    found.append((f"np.linalg.solve(3.5 * np.eye({p}) + np.tanh({{}}), {{}})", m, (q,)))
            if shape == (q,):
                found.append(("({1} @ {0})", m, (p,)))
            if len(shape) == 2 and shape[0] == p:
                found.append(("({} @ {})", m, (q, shape[1])))
            if len(shape) == 2 and shape[1] == q:
                found.append(("np.matmul({1}, {0})", m, (shape[0], p)))
        if found:
            template, m, other = c.pick(found)
            return self.fill(template, m.name, self.array(other, depth))
        if len(shape) == 2:
            return f"np.outer({self.array(shape[:1], depth)}, {self.array(shape[1:], depth)})"
        return None

    def joined(self, shape: Shape, depth: int) -> str | None:
        """Parts put together."""
        c = self.choices
        n = shape[0]
        if n < 2:
            return None
        k = 1 + c.below(n - 1)
        first, second = self.array((k, *shape[1:]), depth), self.array((n - k, *shape[1:]), depth)
        forms = {f"np.concatenate([{first}, {second}])": 4}
        if len(shape) == 1:
            forms |= {f"np.append({first}, {second})": 1, f"np.hstack(({first}, {second}))": 1}
        else:
            forms |= {f"np.vstack([{first}, {second}])": 1}
        if n == 2:
            parts = ", ".join(self.array(shape[1:], depth) if len(shape) > 1 else self.number(depth) for _ in range(2))
            forms[f"np.stack([{parts}])" if len(shape) > 1 else f"np.array([{parts}])"] = 2
        return c.weighted(forms)

    def picked(self, shape: Shape, depth: int) -> str | None:
        """Elements chosen by an array of ints; some of them more than once."""
        c = self.choices
        n = shape[0]
        sources = [v for v in self.scope.filled() if v.shape[1:] == shape[1:]]
        if not sources or not n:
            return None
        v = c.pick(sources)
        ready = [i for i in self.scope.of("ints") if i.length == n and i.high <= v.length]
        if ready and c.chance(60):
            index = c.pick(ready).name
            return c.pick([f"{v.name}[{index}]", f"np.take({v.name}, {index}, axis=0)"])
        where = [c.below(v.length) for _ in range(n)]
        return c.pick([f"{v.name}[{where}]", f"{v.name}[np.array({where})]"])

    def made(self, shape: Shape, depth: int) -> str | None:
        """An array of computed elements."""
        c = self.choices
        if len(shape) != 1 or not shape[0]:
            return None
        with self.scope.block():
            i = self.scope.name("i")
            self.scope.define(Variable(i, "int", low=0, high=shape[0], fixed=True))
            element = self.number(1)
        if c.chance(70):
            return f"np.array([{element} for {i} in range({shape[0]})])"
        return "np.array([" + ", ".join(self.number(1) for _ in range(shape[0])) + "])"


__all__ = ["THRESHOLDS", "Expressions"]
