#!/usr/bin/env python3
"""Writes Tests/Goldens/patterns/patterns.jsonl: what Python's `re` finds with many expressions in many texts.

    python3 tools/goldens/make_pattern_goldens.py [COUNT] [SEED] > Tests/Goldens/patterns/patterns.jsonl

COUNT random expressions come behind those that are written here. Python 3.11 or later; standard library only.
"""

import json
import random
import re
import sys
import warnings

warnings.simplefilter("ignore")

# Those of lm-evaluation-harness's tasks, and one or more of each thing that `re` knows.
EXPRESSIONS = r"""
#### (\-?[0-9\.\,]+)
(-?[$0-9.,]{2,})|(-?[0-9]+)
The answer is (\-?[0-9\.\,]+).
answer is \(?([ABCDEFGHIJ])\)?
.*\[aA\]nswer:\s*([A-J])
(?<=The best answer is )(.*)(?=.)
((?<=The answer is )(.*)(?=.)|(?<=the answer is )(.*)(?=.)|(?<=The answer: )(.*)(?=.)|(?<=The final answer: )(.*)(?=.))
\b(Yes|No|yes|no)\b
(\([A-Z]\))
\\boxed\{([^}]*)\}
x*
a|ab|
(a)|(b)
(?P<letter>[a-c])(?P<digit>\d)?
(?P<quote>['"]).*?(?P=quote)
(?i)straße
(?i:AB)c
(?s).+
(?m)^\w+$
(?m)$
$
\Aab
ab\Z
^
\bfoo\b
\B
(?x) a  b # comment
(?a)\w+
(?a:\d)\d
(?a)\b\w
a{2}
a{,2}
a{2,}
a{1,2}?
a{
a{}
a{,}
a{1,2}+a
x{a}
(?>a+)b
a++b
a*+a
[]a]+
[^]a]+
[a\]]+
[a-c-e]+
[-a]+
[a-]+
[\w-]+
[^\W\d]+
[\S]+
[^\S ]+
[\D\S]
[[:alpha:]]+
[\b]
[\x41-\u0043]+
\x41\u0042\U00000043
\101\60\0
(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10
(a)\1
(a)?(?(1)b|c)
(?P<x>a)?(?(x)b)
(?:a|b)+c
(?=a)\w
(?!a)\w
(?<=a)b
(?<!a)b
(?<=(?:ab))c
(?#note)a(?#another)*
\s+
\S+
\d+
\D+
\w+
\W+
\v\f\t
\.\*\-\/\ \#
é+
(?i)É
(?i)k
(?i)ſ
(?i)i
(?i)[h-j]+
(?i)[^i]+
(?i)ǆ
(?i)σ
.
(.)(?:(.)|$)
(a*)*
(a|b)*?c
(?:(a)|(b))*
(?:a?)*?b
(a(?:b|(c)))+
()
(?:)
(?-i:a)
(?i)a(?-i:b)c
(?m-s:^a.)
(?s-m:a.b)
\n
\r\n?
日本|中
[一-龥]+
\d{1,3}(?:,\d{3})*(?:\.\d+)?
(?i)(?:answer|final)\s*[:=]\s*(.+?)(?:\.|$)
"""

REFUSED = [
    "(", ")", "[", "[a", "a**", "*a", "+", "?", "a{2}{3}", "(?P<a", "(?P<1>a)", "(?P<a>x)(?P<a>y)", "(?P=b)", r"\1", r"(a\1)",
    "(?<a>x)", "(?z)", "a(?i)b", r"\q", r"\p{L}", r"\h", r"\Q", r"\x4", r"\u00", r"[\A]", "[b-a]", r"[a-\d]", "(?P>a)", "(?", "(?<",
    "a{3,2}", "^*", r"\b+", "(?(2)a)", "(?(x)a)", "(?(0)a)", "(?(1)a|b|c)(x)", "(*a)", "\\", r"\8", r"\400", "(?i", "(?-)", "(?L)a", "(?#",
    "(?R)", "(?1)", r"\K", r"\G", r"\X", r"\R", "[\\", "(?i-i:a)", "a|*",
]

TEXTS = [
    "", "a", "ab", "abc", "aab", "abab c", "a\nb\n", "a\r\nb", "foo bar", "food", "The answer is 1,234.5. So #### -42",
    "so the answer is (C).", "Yes, no", "'x' \"y\"", "x{a} a{ a{} a{,}", "STRASSE Straße STRAẞE", "é É e\u0301", "K k \u212a", "ſ s S",
    "i I ı İ", "ǆ ǅ Ǆ", "σ ς Σ", "abcdefghijj abcdefghij\x08", "\x0b\x0c\t", "日本 中 12 ٣٤ ½ ² Ⅻ", "a\u00a0b\u2003c\u180ed\x1ce\x85f",
    "10,000.50 and 7", "aaa bbb", "cacbcc", "a-b_c", "ABC0\0", "[:alpha:]", ".*-/ #", "\\boxed{42}", "b" * 3 + "c", "🙂a🙂", "_\u0301x",
]


def value(match):
    """Offsets in UTF-8, and the groups."""
    text = match.string
    offset = lambda index: len(text[:index].encode())
    return [offset(match.start()), offset(match.end()), [match.group(index) for index in range(match.re.groups + 1)]]


def record(expression, source):
    try:
        compiled = re.compile(expression)
    except (re.error, OverflowError):
        return {"pattern": expression, "refused": True}
    found = []
    for text in TEXTS:
        matches = [value(match) for match in compiled.finditer(text)]
        if matches:
            found.append([text, matches])
    missed = [text for text in TEXTS if not compiled.search(text)]
    if len(found) > 8:
        found = source.sample(found, 8)
    return {"pattern": expression, "found": found, "missed": missed[:2]}


def random_expression(source, depth=0):
    """An expression of what both might get wrong; many are refused."""
    atoms = ["a", "b", "c", "x", ".", r"\w", r"\d", r"\s", r"\S", r"\b", "^", "$", "[ab]", "[^a]", "[a-c]", r"[\w ]", "é", r"\.", " "]
    parts = []
    for _ in range(source.randint(0, 4)):
        kind = source.random()
        if depth < 3 and kind < 0.3:
            opening = source.choice(["(", "(?:", "(?:", "(?=", "(?!", "(?<=", "(?i:", "(?>"])
            part = opening + random_expression(source, depth + 1) + ")"
        elif kind < 0.34:
            part = r"\1"
        else:
            part = source.choice(atoms)
        if source.random() < 0.35:
            part += source.choice(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{,1}", "{1,}?", "*+"])
        parts.append(part)
    text = "".join(parts)
    return text + "|" + random_expression(source, depth + 1) if depth < 3 and source.random() < 0.2 else text


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    source = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 7)
    expressions = EXPRESSIONS.strip("\n").split("\n") + REFUSED
    expressions += [random_expression(source) for _ in range(count)]
    for expression in expressions:
        print(json.dumps(record(expression, source), ensure_ascii=False))


main()
