"""Random statements: assignments, writes, loops, branches, jumps, aliases."""
from __future__ import annotations

from tests.fuzz.expressions import THRESHOLDS, Expressions
from tests.fuzz.scope import Shape, Variable

SMALL = ["{}", "math.tanh({})", "0.5 * ({})", "math.sin({})"]
SMALL_ARRAY = ["{}", "np.tanh({})", "0.5 * ({})", "np.sin({})"]
MAX_DEPTH = 3


class Statements(Expressions):
    """Lists of lines; `budget` says how many statements are left to write."""

    budget: int
    returns: bool = False               # whether an early return is allowed here

    def block(self, depth: int, most: int = 4) -> list[str]:
        """The lines of one to `most` statements."""
        lines: list[str] = []
        for _ in range(1 + self.choices.below(most)):
            if self.budget <= 0 and lines:
                break
            self.budget -= 1
            lines += self.statement(depth)
        return lines

    def nested(self, depth: int, loop: bool = False, most: int = 3) -> list[str]:
        with self.scope.block(loop):
            return ["    " + line for line in self.block(depth + 1, most)]

    def statement(self, depth: int) -> list[str]:
        s = self.scope
        arrays = [v for v in s.filled() if v.writable]
        forms = {"float": 6, "augmented": 4}
        if arrays:
            forms |= {"element": 6, "slice": 4, "whole": 3, "masked": 2, "indexed": 2, "helper": 1 * bool(s.helpers)}
        if s.arrays():
            forms |= {"rebind": 4, "new": 3, "alias": 2}
        if s.of("list"):
            forms |= {"list": 3}
        if s.of("dict"):
            forms |= {"dict": 2}
        forms |= {"make": 1, "unpack": 2, "int": 1}
        if depth < MAX_DEPTH and self.budget > 0:
            forms |= {"for": 7, "if": 6, "while": 3, "each": 2 * bool(s.arrays()), "odd": 1}
        if s.jumps and depth:
            forms |= {"jump": 2}
        if self.returns and depth:
            forms |= {"return": 1}
        return list(getattr(self, "do_" + self.choices.weighted(forms))(depth))

    # -- numbers -------------------------------------------------------------------------------------

    def target(self) -> str:
        """The name of a float variable to assign to: one that there is, or a new one."""
        c = self.choices
        own = [v for v in self.scope.of("float") if not v.fixed]
        if own and not c.chance(25):
            return c.pick(own).name
        return self.scope.name("s")

    def bind(self, name: str) -> None:
        if all(v.name != name for v in self.scope.variables):
            self.scope.define(Variable(name, "float"))

    def small(self, e: str, array: bool = False) -> str:
        """An expression kept small, where a loop would let it grow."""
        if not self.scope.loops:
            return e
        return self.choices.pick(SMALL_ARRAY if array else SMALL).format(e)

    def do_float(self, depth: int) -> list[str]:
        e = self.small(self.number())
        name = self.target()
        self.bind(name)
        if self.choices.chance(5):
            return [f"{name} = ({self.scope.name('w')} := {e}) * 0.5"]
        return [f"{name} = {e}"]

    def do_augmented(self, depth: int) -> list[str]:
        c = self.choices
        own = [v for v in self.scope.of("float") if not v.fixed]
        if not own:
            return self.do_float(depth)
        e = self.number()
        return [f"{c.pick(own).name} " + c.pick([f"+= 0.3 * {e}", f"-= {self.small(e)}", f"*= math.cos({e})",
                                                 f"/= 1.5 + ({e}) ** 2", f"+= {self.small(e)}"])]

    def do_int(self, depth: int) -> list[str]:
        c = self.choices
        ints = self.scope.of("int")
        if ints and c.chance(50):
            name = self.scope.name("k")
            v = c.pick(ints)
            self.scope.define(Variable(name, "int", low=0, high=2, fixed=True))
            return [f"{name} = {v.name} % 2"]
        name = self.scope.name("k")
        k = c.below(3)
        self.scope.define(Variable(name, "int", low=k, high=k + 1, fixed=True))
        return [f"{name} = {k}"]

    def do_unpack(self, depth: int) -> list[str]:
        """Several names at once: two values swapped, a tuple taken apart, a vector's elements."""
        c = self.choices
        own = [v for v in self.scope.of("float") if not v.fixed]
        arrays = [v for v in self.scope.arrays() if v.writable and not v.fixed and not v.views]
        pairs = [(a, b) for a in arrays for b in arrays if a.name < b.name and a.shape == b.shape]
        if pairs and c.chance(40):
            a, b = c.pick(pairs)
            return [f"{a.name}, {b.name} = {b.name}, {a.name}"]
        if len(own) >= 2:
            a, b = own[0], c.pick(own[1:])
            return [c.pick([f"{a.name}, {b.name} = {b.name}, {a.name}",
                            f"{a.name}, {b.name} = {self.small(self.number(1))}, {self.small(self.number(1))}"])]
        return self.do_float(depth)

    # -- arrays --------------------------------------------------------------------------------------

    def writable(self, *, filled: bool = True) -> Variable:
        return self.choices.pick([v for v in (self.scope.filled() if filled else self.scope.arrays()) if v.writable])

    def do_element(self, depth: int) -> list[str]:
        v = self.writable()
        e = self.small(self.number())
        return [self.element(v) + self.choices.pick([f" = {e}", f" += 0.5 * {e}", f" *= math.sin({e})", f" -= {e}"])]

    def part(self, v: Variable) -> tuple[str, Shape]:
        """A slice, a row, a column of a variable, and its shape."""
        c = self.choices
        n, *rest = v.shape
        found = [(f"{v.name}[:]", v.shape)]
        for k in range(n + 1):
            found += [(f"{v.name}{text[len(v.name):]}", (k, *rest)) for text in self.slices(v.name, n, k)]
        if rest:
            found.append((f"{v.name}[{self.index(n)}]", tuple(rest)))
            found.append((f"{v.name}[:, {self.index(rest[0])}]", (n, *rest[1:])))
            found.append((f"{v.name}[{self.index(n)}, :]", tuple(rest)))
        return c.pick(found)

    def do_slice(self, depth: int) -> list[str]:
        c = self.choices
        text, shape = self.part(self.writable())
        if c.chance(30):
            value = self.number()
        elif shape and shape[0] > 1 and c.chance(15):
            value = self.array((1, *shape[1:]), 1)
        else:
            value = self.array(shape, 1 if not shape else 2)
        value = self.small(value) if shape == () else value
        return [text + c.pick([f" = {value}", f" = {value}", f" += 0.5 * {value}", f" *= np.cos({value})", f" -= {value}"])]

    def do_whole(self, depth: int) -> list[str]:
        """An operation in place on a whole array."""
        c = self.choices
        v = self.writable()
        e = self.array(v.shape, 1) if c.chance(60) else self.number(1)
        return [c.pick([f"{v.name} *= 0.7", f"{v.name} += {e}", f"{v.name} -= 0.5 * {e}", f"{v.name} *= np.cos({e})",
                        f"{v.name} /= 2.0 + ({e}) ** 2", f"np.tanh({v.name}, out={v.name})", f"{v.name}.fill({self.atom()})",
                        f"np.multiply({v.name}, 0.5, out={v.name})", f"np.copyto({v.name}, {e})",
                        f"{v.name}[...] = {e}"])]

    def do_masked(self, depth: int) -> list[str]:
        c = self.choices
        v = self.writable()
        mask = f"{v.name} {c.pick(['>', '<'])} {c.pick(THRESHOLDS)}"
        return [c.pick([f"{v.name}[{mask}] = {self.number(1)}", f"{v.name}[{mask}] *= 0.5",
                        f"{v.name}[{mask}] += {self.number(1)}", f"{v.name}[~({mask})] = 0.1",
                        f"{v.name}[{mask}] = np.sin({v.name}[{mask}])",
                        f"np.putmask({v.name}, {mask}, 0.5 * {v.name})"])]

    def do_indexed(self, depth: int) -> list[str]:
        """Writes to elements that an array of ints chooses, some of them twice."""
        c = self.choices
        v = self.writable()
        ready = [i for i in self.scope.of("ints") if i.high <= v.length and i.length]
        if ready and c.chance(60):
            i = c.pick(ready)
            index, n = i.name, i.length
        else:
            where = [c.below(v.length) for _ in range(1 + c.below(3))]
            index, n = str(where), len(where)
        e = self.array((n, *v.shape[1:]), 1) if c.chance(60) else self.number(1)
        return [c.pick([f"{v.name}[{index}] = {e}", f"{v.name}[{index}] += {e}", f"np.add.at({v.name}, {index}, {e})",
                        f"{v.name}[{index}] *= 0.5"])]

    def do_helper(self, depth: int) -> list[str]:
        """A call for what it does to its argument."""
        writers = [h for h in self.scope.helpers if h.kind == "writer"]
        vectors = [v for v in self.scope.filled() if v.writable and len(v.shape) == 1]
        if not writers or not vectors:
            return self.do_augmented(depth)
        v = self.choices.pick(vectors)
        return [f"{self.choices.pick(writers).name}({v.name}, {self.index(v.length)}, {self.number(1)})"]

    def do_rebind(self, depth: int) -> list[str]:
        """A variable becomes another array of the same shape, its memory new; or a view of what it was."""
        own = [v for v in self.scope.arrays() if not v.fixed and not v.views and v.shape]
        if not own:
            return self.do_new(depth)
        v = self.choices.pick(own)
        if self.choices.chance(15):
            return [f"{v.name} = {v.name}" + self.choices.pick(["[:]", "[::-1]", *["[:, ::-1]", "[...]"] * (len(v.shape) > 1)])]
        return [f"{v.name} = {self.small(self.fresh(v.shape), True)}"]

    def fresh(self, shape: Shape) -> str:
        """An array that is nobody else's memory."""
        return f"({self.array(shape)} + {self.number(0)})" if self.choices.chance(50) else f"np.sin({self.array(shape)})"

    def do_new(self, depth: int) -> list[str]:
        c = self.choices
        name = self.scope.name("b")
        shape = c.pick(self.shapes)
        dims = self.dims(shape) if shape else "()"
        like = self.scope.arrays(shape)
        form = c.weighted({"zeros": 4, "fresh": 4, "copy": 3 * bool(like), "like": 2 * bool(like), "ones": 1})
        text = {"zeros": f"np.zeros({dims})", "ones": f"np.ones({dims})"}.get(form)
        if form == "copy":
            text = f"{c.pick(like).name}.copy()"
        elif form == "like":
            text = f"np.{c.pick(['zeros_like', 'ones_like'])}({c.pick(like).name})"
        elif form == "fresh":
            text = self.fresh(shape)
        self.scope.define(Variable(name, "array", shape, writable=bool(shape)))
        return [f"{name} = {text}"]

    def do_alias(self, depth: int) -> list[str]:
        """Another name for an array, or for a part of it; both are written to from then on."""
        c = self.choices
        sources = [v for v in self.scope.filled() if v.depth == self.scope.loops]
        if not sources:
            return self.do_new(depth)
        v = c.pick(sources)
        name = self.scope.name("v")
        text, shape = (v.name, v.shape) if c.chance(40) else self.part(v)
        if not shape or 0 in shape:
            text, shape = v.name, v.shape
        writable = v.writable and "np.diag" not in text
        v.views = True
        self.scope.define(Variable(name, "array", shape, writable=writable, views=True))
        return [f"{name} = {text}"]

    # -- lists, dicts, tuples --------------------------------------------------------------------------

    def do_make(self, depth: int) -> list[str]:
        c = self.choices
        form = c.weighted({"list": 3, "dict": 2, "tuple": 2, "comprehension": 2, "repeat": 1})
        n = 1 + c.below(3)
        if form == "dict":
            keys = ("p", "q", "r")[:n]
            text = "{" + ", ".join(f"{k!r}: {self.number(1)}" for k in keys) + "}"
            self.scope.define(Variable(name := self.scope.name("d"), "dict", keys=keys))
            return [f"{name} = {text}"]
        if form == "tuple":
            text = "(" + ", ".join(self.number(1) for _ in range(n)) + ",)"
            self.scope.define(Variable(name := self.scope.name("t"), "tuple", (n,)))
            return [f"{name} = {text}"]
        if form == "comprehension":
            with self.scope.block():
                i = self.scope.name("i")
                self.scope.define(Variable(i, "int", low=0, high=n, fixed=True))
                text = f"[{self.number(1)} for {i} in range({n})]"
        elif form == "repeat":
            text = f"[{self.number(1)}] * {n}"
        else:
            text = "[" + ", ".join(self.number(1) for _ in range(n)) + "]"
        self.scope.define(Variable(name := self.scope.name("l"), "list", (n,)))
        return [f"{name} = {text}"]

    def do_list(self, depth: int) -> list[str]:
        c = self.choices
        v = c.pick(self.scope.of("list"))
        e = self.small(self.number(1))
        item = f"{v.name}[{self.index(v.length, v.name)}]"
        return [c.pick([f"{item} = {e}", f"{v.name}.append({e})", f"{item} += {e}", f"{v.name}.insert(0, {e})",
                        f"{v.name}.extend([{e}, 0.25])", f"{v.name}.reverse()"])]

    def do_dict(self, depth: int) -> list[str]:
        c = self.choices
        v = c.pick(self.scope.of("dict"))
        e = self.small(self.number(1))
        return [f"{v.name}[{c.pick(v.keys)!r}] {c.pick(['=', '+=', '-='])} {e}"]

    # -- control flow ------------------------------------------------------------------------------------

    def do_if(self, depth: int) -> list[str]:
        c = self.choices
        lines = [f"if {self.condition()}:", *self.nested(depth)]
        if c.chance(20):
            lines += [f"elif {self.condition()}:", *self.nested(depth)]
        if c.chance(50):
            lines += ["else:", *self.nested(depth)]
        return lines

    def do_for(self, depth: int) -> list[str]:
        c = self.choices
        i = self.scope.name("i")
        form = c.weighted({"range": 6, "from": 3, "down": 2, "length": 3 * bool(self.scope.filled()), "step": 1, "_": 1})
        low, high, of = 0, 1 + c.below(4), str
        if form == "from":
            low = 1
            bounds = f"1, {high}"
        elif form == "down":
            bounds = f"{high - 1}, -1, -1"
        elif form == "length":
            v = c.pick(self.scope.filled())
            high = v.length
            bounds = c.pick([f"len({v.name})", f"{v.name}.shape[0]", f"len({v.name}) - 1"])
            high -= bounds.endswith("- 1")
        elif form == "step":
            bounds = f"0, {high}, 2"
        else:
            bounds = str(high)
        del of
        with self.scope.block(loop=True):
            if form != "_":
                self.scope.define(Variable(i, "int", low=low, high=max(high, low + 1), fixed=True))
            body = self.nested(depth)
        lines = [f"for {'_' if form == '_' else i} in range({bounds}):", *body]
        if c.chance(5):
            lines += ["else:", *self.nested(depth, most=1)]
        return lines

    def do_each(self, depth: int) -> list[str]:
        """A loop over the elements of something."""
        c = self.choices
        sources = [v for v in self.scope.variables if v.kind == "array" and len(v.shape) == 1
                   or v.kind in ("list", "tuple")]
        if not sources:
            return self.do_for(depth)
        v = c.pick(sources)
        kind, others = v.kind, [w for w in sources if w.kind == "array" == v.kind and w.shape == v.shape]
        with self.scope.block(loop=True):
            u = self.scope.define(Variable(self.scope.name("u"), "float", fixed=True)).name
            form = c.weighted({"plain": 4, "enumerate": 2 * (kind != "list"), "zip": 2 * bool(others), "reversed": 1})
            written = v.writable
            v.writable = False                          # what is looped over is not written to
            if form == "enumerate":
                i = self.scope.define(Variable(self.scope.name("i"), "int", low=0, high=max(v.length, 1), fixed=True))
                head = f"for {i.name}, {u} in enumerate({v.name}):"
            elif form == "zip":
                w = self.scope.define(Variable(self.scope.name("u"), "float", fixed=True)).name
                head = f"for {u}, {w} in zip({v.name}, {c.pick(others).name}):"
            elif form == "reversed":
                head = f"for {u} in reversed({v.name}):" if kind != "array" else f"for {u} in {v.name}[::-1]:"
            else:
                head = f"for {u} in {v.name}:"
            lists = [x for x in self.scope.variables if x.kind == "list"]
            for x in lists:
                x.kind = "sealed"
            body = self.nested(depth)
            for x in lists:
                x.kind = "list"
            v.writable = written
        return [head, *body]

    def do_while(self, depth: int) -> list[str]:
        c = self.choices
        form = c.weighted({"count": 4, "data": 4, "true": 1})
        if form == "data":
            name, k = self.scope.name("h"), self.scope.name("k")
            start = self.number(1)
            with self.scope.block(loop=True):
                self.scope.define(Variable(name, "float", fixed=True))
                body = self.nested(depth)
            shrink = c.pick(["0.5", "0.61", f"(0.4 + 0.2 * math.sin({self.number(0)}))"])
            return [f"{name} = 1.0 + abs(math.tanh({start}))", f"while {name} > {c.pick(['0.3117', '0.8713'])}:",
                    f"    {name} = {name} * {shrink}", *body]
        k = self.scope.name("k")
        high = 1 + c.below(3)
        with self.scope.block(loop=True):
            self.scope.define(Variable(k, "int", low=1, high=high + 1, fixed=True))
            body = self.nested(depth)
        if form == "true":
            return [f"{k} = 0", "while True:", f"    {k} += 1", f"    if {k} > {high}:", "        break", *body]
        test = f"{k} < {high}" if c.chance(60) else f"{k} < {high} and {self.condition(0)}"
        return [f"{k} = 0", f"while {test}:", f"    {k} += 1", *body]

    def do_jump(self, depth: int) -> list[str]:
        c = self.choices
        lines = [f"if {self.condition()}:"]
        if c.chance(40):
            lines += self.nested(depth, most=1)
        return [*lines, "    " + c.pick(["break", "continue"])]

    def do_return(self, depth: int) -> list[str]:
        return [f"if {self.condition()}:", f"    return {self.number()}"]

    def do_odd(self, depth: int) -> list[str]:
        """Blocks that change nothing, and a function defined where it is used."""
        c = self.choices
        form = c.weighted({"closure": 3, "with": 1, "try": 1, "match": 1, "assert": 1})
        if form == "with":
            return ['with np.errstate(divide="ignore"):', *self.nested(depth, most=2)]
        if form == "try":
            return ["try:", *self.nested(depth, most=2), "finally:", "    pass"]
        if form == "match" and self.scope.of("int"):
            return [f"match {c.pick(self.scope.of('int')).name} % 3:", "    case 0:",
                    *("    " + line for line in self.nested(depth, most=1)), "    case 1 | 2:",
                    *("    " + line for line in self.nested(depth, most=1))]
        if form == "assert":
            return [f"assert {self.number(0)} < 1e9"]
        name = self.scope.name("local")
        returns, jumps = self.returns, self.scope.jumps
        self.returns, self.scope.jumps = False, 0
        with self.scope.block():
            u = self.scope.define(Variable(self.scope.name("u"), "float", fixed=True)).name
            result = self.number()
        self.returns, self.scope.jumps = returns, jumps
        call = self.small(f"{name}({self.number(1)})")
        target = self.target()
        self.bind(target)
        return [f"def {name}({u}):", f"    return {result}", f"{target} = {call}"]

    shapes: list[Shape]


__all__ = ["Statements"]
