"""Writes faults into Swift sources, each behind a switch, so that one build has them all.

A fault is one small change of one line: a condition negated, a statement left out, a constant or an answer changed, two
statements in the wrong order. `mutant(7)` is true when fault 7 is switched on. Lines keep their numbers.
"""

import re
from dataclasses import dataclass

# An answer and what takes its place.
ANSWERS = {
    ".taken": ".withdrawn",
    ".withdrawn": ".taken",
    ".subscription": ".bus",
    ".bus": ".subscription",
    ".bufferFull": ".closed",
    ".closed": ".cancelled",
    ".cancelled": ".closed",
    ".zero": ".seconds(1)",
}
NUMBERS = {"0": "1", "1": "0", "2": "3", "4": "5"}
STATEMENT = re.compile(r"^(?!let |var |return|case |guard |if |for |while |switch |throw |self\.init|init|func |extension |@|\}|package |private )"
                       r"[A-Za-z_$][\w.$?!\[\]()&\s]*(\(.*\)| [-+&|]*= .*)$")
SKIPPED = re.compile(r"^\s*(///|//|@|import |public import|package import|(package |public |private |static |mutating |final )*"
                     r"(struct|class|enum|protocol|extension|typealias|func|init|case|indirect)\b|#)")


@dataclass
class Mutant:
    number: int
    file: str
    line: int
    what: str


class Writer:
    """Numbers the faults over all files; those in `without`, pairs of a file and a line, are not written."""

    def __init__(self, without=frozenset()):
        self.mutants, self.without, self.number = [], without, 0

    def write(self, name, text):
        lines = text.split("\n")
        fixed = needed(lines)
        result = [line if index in fixed else self.line(name, index + 1, line) for index, line in enumerate(lines)]
        for index in range(len(lines) - 1):
            if not {index, index + 1} & fixed:
                self.swap(name, index, lines, result)
        return "\n".join(result)

    def add(self, name, line, what):
        """The switch of a new fault; `None` when it cannot be built."""
        self.number += 1
        if (name, line) in self.without:
            return None
        self.mutants.append(Mutant(self.number, name, line, what))
        return f"mutant({self.number})"

    def line(self, name, number, line):
        if SKIPPED.match(line) or not line.strip():
            return line
        indent, code = re.match(r"(\s*)(.*)", line).groups()
        code, _, comment = code.partition("  //")
        code = self.constants(name, number, code)
        code = self.conditions(name, number, code)
        inner = re.match(r"^(defer \{ )(.*)( \})$", code)
        before, statement, after = inner.groups() if inner else ("", code, "")
        if is_statement(statement):
            if switch := self.add(name, number, f"leave out: {line.strip()}"):
                statement = f"if !{switch} {{ {statement} }}"
        return indent + before + statement + after

    def constants(self, name, number, code):
        def replace(match):
            old = match.group(2)
            new = ANSWERS.get(old) or NUMBERS.get(old) or {"true": "false", "false": "true"}[old]
            switch = self.add(name, number, f"{old} becomes {new}: {code.strip()}")
            return f"{match.group(1)}({switch} ? {new} : {old})" if switch else match.group(0)

        names = "|".join(re.escape(answer) for answer in ANSWERS)
        pattern = rf"((?:[(,=:] ?|return |[-+<>=&] ))({names}|\b[0124]\b|true|false)(?![\w.(:\"])(?! *:)"
        return code if '"' in code or "ordering" in code else re.sub(pattern, replace, code)

    def conditions(self, name, number, code):
        match = re.match(r"^(.*?\b)(guard|if|while) (.*?)( else \{.*| \{.*)?$", code)
        if not match or "#if" in code:
            return code
        before, keyword, conditions, after = match.groups()
        parts = split(conditions)
        for index, part in enumerate(parts):
            if re.match(r"(let|var|case|try|await|unsafe|#)\b", part) or not part or "{" in part:
                continue
            if switch := self.add(name, number, f"negate {part}: {code.strip()}"):
                parts[index] = f"{switch} != ({part})"
        return f"{before}{keyword} {', '.join(parts)}{after or ''}"

    def swap(self, name, index, lines, result):
        first, second = lines[index], lines[index + 1]
        indents = [len(line) - len(line.lstrip()) for line in (first, second)]
        if indents[0] != indents[1] or not (is_statement(first.strip()) and is_statement(second.strip())):
            return
        if not result[index].strip() or (name, index + 2) in self.without:
            return
        if switch := self.add(name, index + 1, f"swap: {first.strip()} | {second.strip()}"):
            one, other = result[index].strip(), result[index + 1].strip()
            result[index] = f"{' ' * indents[0]}if {switch} {{ {other}; {one} }} else {{ {one}; {other} }}"
            result[index + 1] = ""


def needed(lines):
    """The lines without which nothing can be built: those of initialisers, answers, and parts of a longer statement."""
    result, end = set(), None
    for index, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if end is None and re.match(r"\s*((package|public|private|fileprivate) )*init\(", line):
            end = indent
        if end is not None:
            result.add(index)
            if re.match(r"\s*(\S.*)?\}$", line) and (indent == end):
                end = None
        if index + 1 < len(lines) and re.match(r"\s*[&|+.?:]", lines[index + 1]):
            result.add(index)  # the next line goes on with it
        if 0 < index < len(lines) - 1 and lines[index + 1].strip() == "}" and re.search(r"(->.*|var .*) \{$", lines[index - 1]):
            result.add(index)
    return result


def is_statement(code):
    if re.search(r"\b(let|var)\b", code):
        return False
    return bool(STATEMENT.match(code)) and code.count("(") == code.count(")") and code.count("{") == code.count("}")


def split(conditions):
    """Splits at commas that stand in no brackets."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(conditions):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append(conditions[start:index].strip())
            start = index + 1
    return parts + [conditions[start:].strip()]
