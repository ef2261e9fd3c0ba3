"""Writes faults into Swift sources, each behind a switch, so that one build has them all.

A fault is one small change of one line: a condition negated or never met, a comparison or a sum changed, a statement left
out, a constant or an answer changed, two statements in the wrong order. `mutant(7)` is true when fault 7 is switched on.
Lines keep their numbers. The orderings of atomic operations are left alone: a weaker one is no fault that a test on one
kind of processor could notice, and each says beside it why it is right.
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
OPERATORS = {
    " < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == ", " && ": " || ",
    " || ": " && ", " + ": " - ", " - ": " + ", " &+ ": " &- ", " &- ": " &+ ", " * ": " / ", " & ": " | ", " | ": " & ",
    " += ": " -= ", " -= ": " += ", " &+= ": " &-= ", " &-= ": " &+= ", "min(": "max(", "max(": "min(",
}
STATEMENT = re.compile(r"^(?!let |var |return|case |guard |if |for |while |switch |throw |self\.init|init|func |extension |@|\}|package |private )"
                       r"[A-Za-z_$][\w.$?!\[\]()&\s]*(\(.*\)| [-+&|]*= .*)$")
SKIPPED = re.compile(r"^\s*(///|//|@|import |public import|package import|(package |public |private |static |mutating |final )*"
                     r"(struct|class|enum|protocol|extension|typealias|func|init|indirect)\b|case (?![^\"{]*: \S)|#)")


@dataclass
class Mutant:
    number: int
    file: str
    line: int
    what: str


class Writer:
    """Numbers the faults over all files.

    `without` says which lines cannot take all of them: a pair of a file and a line that is there once takes none with
    another operator, one that is there twice takes no fault at all.
    """

    def __init__(self, without=None):
        self.mutants, self.without, self.number = [], without or {}, 0

    def write(self, name, text):
        lines = text.split("\n")
        fixed, answers = needed(lines)
        result = []
        for index, line in enumerate(lines):
            if index in answers:
                indent, code = re.match(r"(\s*)(.*)", line).groups()
                line = indent + self.expression(name, index + 1, code, code, answers[index])
            elif match := re.match(r"(\s*(?:[a-z()]+ )*var \w+: ([\w?]+) \{ )(.*)( \})$", line):
                line = match[1] + self.expression(name, index + 1, match[3], line.strip(), match[2] == "Bool") + match[4]
            elif index not in fixed:
                line = self.line(name, index + 1, line)
            result.append(line)
        for index in range(len(lines) - 1):
            if not {index, index + 1} & fixed:
                self.swap(name, index, lines, result)
        return "\n".join(result)

    def add(self, name, line, what):
        """The switch of a new fault; `None` when it cannot be built."""
        self.number += 1
        if self.without.get((name, line), 0) > 1:
            return None
        # What stands in several places gets a number.
        same = 1 + sum(re.sub(r" \[\d+\]$", "", mutant.what) == what for mutant in self.mutants if mutant.file == name)
        self.mutants.append(Mutant(self.number, name, line, f"{what} [{same}]" if same > 1 else what))
        return f"mutant({self.number})"

    def line(self, name, number, line):
        if SKIPPED.match(line) or not line.strip() or "padding" in line:
            return line
        indent, code = re.match(r"(\s*)(.*)", line).groups()
        code, _, comment = code.partition("  //")
        original = code
        code = self.constants(name, number, code)
        code = self.conditions(name, number, code, original)
        inner = re.match(r"^(defer \{ |case [^\"{]*?: )(.*?)( \}|)$", code)
        before, statement, after = inner.groups() if inner else ("", code, "")
        if is_statement(statement):
            changed = self.changed(name, number, statement, original)
            if switch := self.add(name, number, f"leave out: {original}"):
                statement = f"if !{switch} {{ {statement} }}"
                for other, text in reversed(changed):
                    statement = f"if {other} {{ {text} }} else {{ {statement} }}"
        elif match := re.match(r"^((?:return|(?:let|var) \w+ =) )(.*)$", statement):
            statement = match[1] + self.expression(name, number, match[2], original, False)
        return indent + before + statement + after

    def changed(self, name, number, code, original):
        """The text with another operator in each place, and its switch."""
        if self.without.get((name, number)) or re.search(r'[{"]|ordering|\b(try|await|unsafe|switch)\b', code):
            return []
        result, code = [], plain(code)
        for match in re.finditer("|".join(re.escape(sign) for sign in OPERATORS), code):
            new = OPERATORS[match[0]]
            text = code[:match.start()] + new + code[match.end():]
            if switch := self.add(name, number, f"{match[0].strip(' (')} becomes {new.strip(' (')}: {original.strip()}"):
                result.append((switch, text))
        for match in re.finditer(r"(?<![\w.$!])([\w$][\w.$]*) \? ", code):
            text = code[:match.start()] + "!" + code[match.start():]
            if switch := self.add(name, number, f"negate {match[1]}: {original.strip()}"):
                result.append((switch, text))
        return result

    def expression(self, name, number, code, original, is_condition):
        if code.count("(") != code.count(")") or re.search(r"\b(switch|if|try|await|unsafe)\b|\{", code):
            return code
        result = code
        if is_condition and not self.without.get((name, number)):
            if switch := self.add(name, number, f"negate: {original}"):
                result = f"{switch} != ({code})"
        for switch, text in reversed(self.changed(name, number, code, original)):
            result = f"{switch} ? ({text}) : ({result})"
        return result

    def constants(self, name, number, code):
        def replace(match):
            old = match.group(2)
            if old in ANSWERS and match.group(1).startswith("return"):
                return match.group(0)  # not of the type that the others are of
            new = ANSWERS.get(old) or NUMBERS.get(old) or {"true": "false", "false": "true"}[old]
            switch = self.add(name, number, f"{old} becomes {new}: {code.strip()}")
            return f"{match.group(1)}({switch} ? {new} : {old})" if switch else match.group(0)

        names = "|".join(re.escape(answer) for answer in ANSWERS)
        pattern = rf"((?:[(,=:] ?|return |[-+<>=&] ))({names}|\b[0124]\b|true|false)(?![\w.(:\"])(?! *:)"
        return code if '"' in code or "ordering" in code else re.sub(pattern, replace, code)

    def conditions(self, name, number, code, original):
        match = re.match(r"^(.*?\b)(guard|if|while) (.*?)( else \{.*| \{.*)?$", code)
        if not match or "#if" in code:
            return code
        before, keyword, conditions, after = match.groups()
        parts = split(conditions)
        for index, part in enumerate(parts):
            if re.match(r"(let|var|case|try|await|unsafe|#)\b", part) or not part or "{" in part:
                continue
            changed = [] if re.fullmatch(r"\S+ [=!]= \S+", part) else self.changed(name, number, part, original)
            if switch := self.add(name, number, f"negate {plain(part)}: {original}"):
                parts[index] = f"{switch} != ({part})"
                for other, text in reversed(changed):
                    parts[index] = f"({other} ? ({text}) : ({parts[index]}))"
        if re.match(r"(let|var|case)\b", parts[0]) and keyword != "while" and not self.without.get((name, number)):
            if switch := self.add(name, number, f"never: {original}"):
                parts.insert(0, f"!{switch}")
        return f"{before}{keyword} {', '.join(parts)}{after or ''}"

    def swap(self, name, index, lines, result):
        first, second = lines[index], lines[index + 1]
        indents = [len(line) - len(line.lstrip()) for line in (first, second)]
        if any(re.fullmatch(r"\s*\S+ [-+&]*= \S+", line) for line in (first, second)):
            return  # commonly of no account
        if indents[0] != indents[1] or not (is_statement(first.strip()) and is_statement(second.strip())):
            return
        if not result[index].strip() or self.without.get((name, index + 2), 0) > 1:
            return
        if switch := self.add(name, index + 1, f"swap: {first.strip()} | {second.strip()}"):
            one, other = result[index].strip(), result[index + 1].strip()
            result[index] = f"{' ' * indents[0]}if {switch} {{ {other}; {one} }} else {{ {one}; {other} }}"
            result[index + 1] = ""


def needed(lines):
    """The lines without which nothing can be built, and those that are the answer of a function, which may be a condition.

    The first are those of initialisers, answers, and parts of a longer statement.
    """
    result, answers, end = set(), {}, None
    later = "|".join(re.findall(r"^\s*let (\w+): [^={\n]+$", "\n".join(lines), re.MULTILINE)) or "-"
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
        if index + 1 < len(lines) and re.match(r"\s*\}", lines[index + 1]) and re.search(r"(= |return ).*\{$", lines[index - 1]):
            result.add(index)  # what a closure answers
        if re.match(rf"\s*({later}) = ", line):
            result.add(index)  # a constant gets its value here
        if 0 < index < len(lines) - 1 and lines[index + 1].strip() == "}":
            if re.search(r"= .*\{.* in$", lines[index - 1]):
                result.add(index)
            if match := re.search(r"(->.*|var .*) \{$", lines[index - 1]):
                result.add(index)
                if end is None:
                    answers[index] = bool(re.search(r"(->|:) Bool$", match[1]))
    return result, answers


def plain(code):
    """Without switches, for people."""
    return re.sub(r"\(mutant\(\d+\) \? \S+ : (\S+)\)", r"\1", code)


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
