"""Programs for the Jinja engine: one for each thing it must do, and random ones."""
import random

CHAT, HARNESS = "chat", "harness"

PEOPLE = [{"name": "Ann", "age": 31, "tags": ["a", "b"]}, {"name": "bob", "age": 25, "tags": []},
          {"name": "Cäsar", "age": 31, "tags": ["c"]}, {"name": "dora", "age": None, "tags": ["a"]}]
DATA = {"s": "Hello, World", "t": "  spaced \n", "n": 7, "f": 2.5, "z": 0, "e": "", "l": [3, 1, 2], "w": ["b", "A", "c", "a"],
        "d": {"b": 1, "A": [1, {"x": None}], "items": "own"}, "people": PEOPLE, "u": "na\u0301ïve \u01c5 ß ΑΣ \u2003.", "none": None,
        "yes": True, "bytes": "\u0000\x1f\u007f\u0080\u200b\ufeff\U0001f600 <&>'\""}

TEXTS = """
{{ s.upper() }}|{{ s.lower() }}|{{ s.title() }}|{{ s.capitalize() }}|{{ s.swapcase() }}|{{ u.upper() }}|{{ u.lower() }}|{{ u.title() }}
{{ s.split() }}{{ s.split(',') }}{{ s.split('l', 1) }}{{ s.rsplit('l', 1) }}{{ t.split() }}{{ ' a b  c '.split(None, 1) }}{{ ' a b  c '.rsplit(None, 1) }}{{ ''.split() }}{{ ''.split(',') }}
{{ t.strip() }}|{{ t.lstrip() }}|{{ t.rstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'xyaxy'.lstrip('yx') }}|{{ s.rstrip('dlr') }}
{{ s.replace('l', 'L') }}{{ s.replace('l', 'L', 2) }}{{ s.replace('', '-') }}{{ s.replace('', '-', 2) }}{{ 'aaa'.replace('aa', 'b') }}
{{ s.find('o') }}{{ s.rfind('o') }}{{ s.find('zz') }}{{ s.index('W') }}{{ s.count('l') }}{{ s.count('') }}{{ s.find('o', 5) }}{{ u.find('ï') }}{{ s.find('') }}{{ s.rfind('') }}
{{ s.startswith('He') }}{{ s.startswith(('x', 'H')) }}{{ s.endswith('d') }}{{ s.endswith(('x',)) }}{{ s.startswith('l', 2) }}{{ s.startswith('', 50) }}
{{ s.partition(',') }}{{ s.rpartition('o') }}{{ s.partition('#') }}{{ s.rpartition('#') }}{{ s.removeprefix('He') }}{{ s.removesuffix('ld') }}
{{ s.center(20, '*') }}|{{ s.ljust(15) }}|{{ s.rjust(15, '.') }}|{{ '42'.zfill(5) }}|{{ '-42'.zfill(5) }}|{{ 'ab'.center(5) }}|{{ 'abc'.center(6) }}
{{ 'a\\nb\\r\\nc\\x0bd\\u2028e'.splitlines() }}{{ 'a\\nb\\n'.splitlines(true) }}{{ ''.splitlines() }}
{{ '12'.isdigit() }}{{ '1a'.isdigit() }}{{ '²'.isdigit() }}{{ '²'.isdecimal() }}{{ '½'.isnumeric() }}{{ 'aé'.isalpha() }}{{ ' \\n'.isspace() }}{{ 'Ab'.isupper() }}{{ 'AB1'.isupper() }}{{ 'ab'.islower() }}{{ 'a1'.isalnum() }}{{ ''.isalpha() }}{{ 'ab'.isascii() }}
{{ ', '.join(w) }}|{{ ', '.join('abc') }}|{{ ''.join([]) }}
{{ '{} and {}'.format(1, 'x') }}{{ '{0}{1}{0}'.format('a', 'b') }}{{ '{name}: {age:>5}|{age:05d}|{f:.3f}'.format(name='x', age=7, f=2.5) }}{{ '{{}}{!r}'.format('q') }}{{ '{:,}'.format(1234567) }}{{ '{:^9}|{:*<5}|{:+d}'.format('mid', 'a', 3) }}{{ '{0[1]}{1.x}'.format([1, 2], {'x': 3}) }}{{ '{:x} {:#X} {:b} {:e} {:g} {:.1%}'.format(255, 255, 5, 12345.678, 0.0001, 0.256) }}
{{ '%s and %d' % ('x', 3) }}{{ '%5s|%-5s|%05d|%.2f|%x|%r|%%' % ('a', 'b', 42, 1.005, 255, 'q') }}{{ '%(a)s %(b)03d' % {'a': 1, 'b': 2} }}{{ '%s' % [1, 2] }}{{ '%d' % 3.9 }}{{ '%e %g %G' % (1.5, 1e-10, 1e20) }}{{ '%+d % d' % (3, 4) }}{{ '%s' % none }}
{{ s[0] }}{{ s[-1] }}{{ s[1:4] }}{{ s[::-1] }}{{ s[::2] }}{{ s[-3:] }}{{ s[:-3] }}{{ s[10:2] }}{{ s[5:1:-1] }}{{ s[99] }}{{ u[1:3] }}
{{ l[0] }}{{ l[-1] }}{{ l[1:] }}{{ l[::-1] }}{{ l[:2] }}{{ l[5] }}{{ l[::2] }}{{ (1, 2, 3)[1:] }}{{ l[-9:9] }}{{ l[9:-9:-1] }}
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2.5 // 1 }} {{ -2.5 % 2 }} {{ 7.0 // -2 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 1 + 2 * 3 - 4 / 2 }} {{ true + true }} {{ 5 % 2.5 }}
{{ 1e16 }} {{ 1e15 }} {{ 123456789012345680.0 }} {{ 1e-5 }} {{ 0.0001 }} {{ 0.1 + 0.2 }} {{ 1.0 }} {{ 100.0 }} {{ 1e100 }} {{ 1.5e300 * 1e10 }} {{ 5e-324 }} {{ -0.0 }} {{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1e3 }} {{ 1.5E-3 }} {{ 12345678.9 }}
{{ 'a' * 3 }}{{ 3 * 'ab' }}{{ [1] * 3 }}{{ 'a' * 0 }}{{ 'a' * -1 }}{{ [1] + [2] }}{{ (1,) + (2, 3) }}
{{ 1 < 2 < 3 }}{{ 1 < 2 > 3 }}{{ 1 == 1.0 }}{{ true == 1 }}{{ 'a' < 'b' }}{{ 'é' < 'z' }}{{ [1, 2] < [1, 3] }}{{ (1, 2) == (1, 2) }}{{ [1] == (1,) }}{{ none == none }}{{ {'a': 1} == {'a': 1.0} }}{{ 1 != 2 != 3 }}{{ 'e\\u0301' == 'é' }}
{{ 'a' in 'cat' }}{{ 'x' not in 'cat' }}{{ 1 in [1.0] }}{{ 'b' in d }}{{ 'x' in d }}{{ '' in 'a' }}{{ none in [none] }}{{ 2 in (1, 2) }}{{ 'a' in undefined_thing }}
{{ 1 and 2 }}{{ 0 and 2 }}{{ 0 or 'x' }}{{ '' or [] or 'last' }}{{ not 1 }}{{ not not 0 }}{{ 1 and 0 or 3 }}{{ not 1 == 2 }}
{{ 'y' if n else 'n' }}{{ 'y' if z else 'n' }}{{ 'y' if z }}{{ 'a' if z else 'b' if z else 'c' }}{{ ('a' if yes) ~ 1 }}
{{ 'a' ~ 1 ~ none ~ 2.0 ~ true ~ [1, 'x'] ~ missing }}|{{ 1 ~ 2 }}
{{ [1, 'a', none, true, 2.0, {'k': (1,)}, ()] }}{{ {'a': [], 1: 'x', none: {}} }}{{ {1: 'a', 1.0: 'b', true: 'c'} }}{{ ['it\\'s', "q\\"q", 'both\\'"'] }}{{ [bytes] }}{{ [u] }}
{{ d.b }}{{ d['A'] }}{{ d.A[1].x }}{{ d.nothing }}{{ d['items'] }}{{ d.get('b') }}{{ d.get('q') }}{{ d.get('q', 5) }}{{ d.keys() }}{{ d.values() }}{{ d.items() }}{{ d.keys() | list }}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for a, (b, c) in [(1, (2, 3)), (4, [5, 6])] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }}{{ loop.depth }} {% endfor %}
{% for x in [] %}x{% else %}empty{% endfor %}{% for x in l if x > 5 %}x{% else %}none{% endfor %}{% for x in l if x > 1 %}{{ x }}{{ loop.index }}{{ loop.length }}{% endfor %}
{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}{% endif %}{{ x }}{% endfor %}{% for x in l %}{% break %}{% else %}else after break{% endfor %}
{% set x = 1 %}{% for i in l %}{% set x = i %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 9 %}{% endif %}{{ x }}{% set a, b = 1, [2] %}{{ a }}{{ b }}
{% set ns = namespace(c=0, l=[]) %}{% for i in l %}{% set ns.c = ns.c + i %}{% set ns.l = ns.l + [i] %}{% endfor %}{{ ns.c }}{{ ns.l }}{{ ns.x }}{{ ns['c'] }}{% set ns2 = namespace({'k': 1}) %}{{ ns2.k }}
{% macro f(a, b=2, c=a) %}{{ a }}-{{ b }}-{{ c }};{% endmacro %}{{ f(1) }}{{ f(1, 3) }}{{ f(b=5, a=4) }}{{ f() }}{{ f(1) | upper }}{% macro g(x) %}{% if x > 0 %}{{ x }}{{ g(x - 1) }}{% endif %}{% endmacro %}{{ g(3) }}
{% macro v() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ v(1, 2, x=3) }}{% macro outer() %}{{ n }}{{ s }}{% endmacro %}{{ outer() }}{% set later = 'L' %}{% macro h() %}{{ later }}{% endmacro %}{% set later = 'M' %}{{ h() }}
{% macro box(t) %}[{{ t }}:{{ caller() }}]{% endmacro %}{% call box('x') %}inner {{ n }}{% endcall %}{% macro each(l) %}{% for i in l %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(i) each(l) %}<{{ i }}>{% endcall %}
{% set b %}block {{ n }}{% endset %}{{ b }}{{ b | upper }}{% set c | upper %}loud{% endset %}{{ c }}{% filter upper %}abc{{ s }}{% endfilter %}{% filter replace('a', 'b') %}aaa{% endfilter %}{% with q = 5, r = 6 %}{{ q + r }}{% endwith %}{{ q }}
{{ l | sort }}{{ w | sort }}{{ w | sort(case_sensitive=true) }}{{ w | sort(reverse=true) }}{{ people | sort(attribute='name') | map(attribute='name') | list }}{{ people[:3] | sort(attribute='age,name') | map(attribute='name') | join(',') }}
{{ people | map(attribute='name') | join(', ') }}{{ people | selectattr('age', 'equalto', 31) | map(attribute='name') | list }}{{ people | rejectattr('tags') | list | length }}{{ people | selectattr('age', 'none') | list }}{{ people | map(attribute='tags.0', default='-') | list }}
{{ l | select('odd') | list }}{{ l | reject('odd') | list }}{{ [0, 1, '', 'a'] | select | list }}{{ w | map('upper') | list }}{{ l | map('string') | join('+') }}{{ ['a b', 'c'] | map('replace', ' ', '_') | list }}{{ l | select('gt', 1) | list }}{{ l | select('in', [1, 2]) | list }}
{{ l | length }}{{ s | length }}{{ d | length }}{{ l | first }}{{ l | last }}{{ s | first }}{{ [] | first }}{{ l | sum }}{{ people[:2] | sum(attribute='age') }}{{ l | max }}{{ l | min }}{{ w | max }}{{ l | sum(start=10) }}{{ u | length }}
{{ l | reverse | list }}{{ s | reverse }}{{ w | unique | list }}{{ [1, 1.0, 2, true] | unique | list }}{{ l | batch(2) | list }}{{ l | batch(2, 'x') | list }}{{ [1, 2, 3, 4, 5] | slice(3) | list }}{{ [1, 2, 3, 4, 5] | slice(3, 'f') | list }}{{ l | list }}{{ 'ab' | list }}{{ d | list }}
{% for age, group in people[:3] | groupby('age') %}{{ age }}:{{ group | map(attribute='name') | join('/') }} {% endfor %}{% for g in people[:3] | groupby('age') %}{{ g.grouper }}{{ g.list | length }}{% endfor %}{{ d | dictsort }}{{ {'b': 1, 'a': 2} | dictsort(by='value') }}{{ d | items | list }}
{{ d | tojson }}{{ people | tojson }}{{ people | tojson(indent=2) }}{{ [] | tojson(indent=2) }}{{ bytes | tojson }}{{ [1.0, 1e20, none, true, 'é'] | tojson }}{{ {'z': 1, 'a': 2} | tojson(sort_keys=true) }}{{ 'é😀' | tojson(ensure_ascii=true) }}{{ [1, {'a': 2}] | tojson(separators=(',', ':')) }}{{ {1: 2, none: 3, true: 4} | tojson }}
{{ s | upper }}{{ s | lower }}{{ 'hello wORLD-foo (bar' | title }}{{ s | capitalize }}{{ t | trim }}|{{ 'xax' | trim('x') }}|{{ 'ab' | center(7) }}|{{ s | replace('l', 1) }}{{ 5 | string + 'x' }}{{ 'a b_c d-e' | wordcount }}
{{ 'a\\nb\\n\\nc' | indent }}|{{ 'a\\nb' | indent(2, true) }}|{{ 'a\\n\\nb' | indent(2, blank=true) }}|{{ 'a\\nb' | indent('> ') }}|{{ '' | indent(first=true) }}|{{ 'a\\n' | indent }}|
{{ 'foo bar baz qux' | truncate(9) }}{{ 'foo bar baz qux' | truncate(9, true) }}{{ 'foo bar baz qux' | truncate(11) }}{{ 'foo bar baz qux' | truncate(11, false, '..', 0) }}
{{ '42' | int }}{{ ' 42 ' | int }}{{ '42.9' | int }}{{ 'x' | int }}{{ 'x' | int(7) }}{{ 3.99 | int }}{{ -3.99 | int }}{{ '1_000' | int }}{{ '0x1f' | int(base=16) }}{{ none | int }}{{ '12abc' | int }}{{ '1e3' | int }}{{ '٣' | int }}{{ true | int }}
{{ '1.5' | float }}{{ 'x' | float }}{{ 'x' | float(2) }}{{ '1e3' | float }}{{ 3 | float }}{{ ' .5 ' | float }}{{ '1.' | float }}{{ 'inf' | float }}{{ 'nan' | float }}{{ '-Infinity' | float }}
{{ 2.5 | round }}{{ 3.5 | round }}{{ 2.675 | round(2) }}{{ 42 | round }}{{ 42.55 | round(1) }}{{ 42.51 | round(1, 'floor') }}{{ 42.51 | round(0, 'ceil') }}{{ -2.5 | round }}{{ -5 | abs }}{{ -5.5 | abs }}{{ 1.25 | round(1) }}
{{ missing | default('d') }}{{ '' | default('d') }}|{{ '' | default('d', true) }}{{ none | default('d') }}{{ missing | default }}|{{ missing | d(1) }}{{ d.q.r | default('deep') if false else 'ok' }}{{ 'x' | format }}{{ '%s-%s' | format('a', 1) }}{{ '%(a)s' | format(a=2) }}
{{ missing }}|{{ missing | upper }}|{{ missing | length }}|{{ missing | list }}|{{ missing | trim }}|{{ missing | join }}|{{ missing == missing }}|{{ missing is defined }}{{ missing is undefined }}{{ not missing }}{% for x in missing %}x{% endfor %}|
{{ n is defined }}{{ none is none }}{{ s is string }}{{ d is mapping }}{{ l is sequence }}{{ s is sequence }}{{ l is iterable }}{{ n is number }}{{ n is integer }}{{ f is float }}{{ yes is boolean }}{{ yes is true }}{{ yes is false }}{{ 3 is odd }}{{ 4 is even }}{{ 6 is divisibleby 3 }}{{ 6 is divisibleby(4) }}{{ 1 is eq 1 }}{{ 1 is ne 2 }}{{ 1 is lt 2 }}{{ 2 is ge(2) }}{{ 1 is in [1] }}{{ 'a' is lower }}{{ 'A' is upper }}{{ none is sameas none }}{{ 1 is sameas true }}{{ range is callable }}{{ yes is number }}{{ yes is integer }}{{ n is not none }}{{ 'upper' is filter }}{{ missing is sequence }}{{ n is not defined or true }}
{{ range(5) | list }}{{ range(2, 8, 3) | list }}{{ range(5, 0, -2) | list }}{{ range(0) | list }}{{ range(3)[1] }}{{ range(4) | length }}{{ 2 in range(3) }}{% for i in range(3) %}{{ i }}{% endfor %}{{ dict(a=1, b=2) }}{{ dict([('x', 1)]) }}{{ dict(d, z=1) | length }}
{{ strftime_now('%d %b %Y %H:%M:%S %j %A %B %y %p %I %%') }}{{ strftime_now('%Y-%m-%d') }}{{ strftime_now('') }}|
{%- if n == 7 -%}   seven   {%- elif n == 8 -%} eight {%- else -%} other {%- endif -%} | {% if z %}a{% elif e %}b{% else %}c{% endif %}
{% raw %}{{ not rendered }} {% if %}{% endraw %}{%- raw -%}  x  {%- endraw -%}  y {# a comment {{ x }} #}z{#- trimmed -#}   w
{{ '\\n\\t\\\\\\'\\"\\x41\\u00e9\\U0001f600\\q\\101' }}{{ "double 'single'" 'joined' }}{{ 'line
break' }}{{ 'a\\
b' }}
{{ people | map(attribute='name') | map('first') | join }}{{ people | selectattr('name', 'in', ['Ann', 'dora']) | map(attribute='age') | list }}{{ (people | selectattr('name', 'eq', 'zz') | list) or 'nobody' }}{{ 'yes' if people | selectattr('name', 'eq', 'zz') else 'no' }}{{ people | map('length') | list }}{{ people | map(attribute='nothing') | list | length }}
{{ (1, 2) }}{{ (1,) }}{{ () }}{{ 1, 2 }}{% set t2 = 1, 2 %}{{ t2 }}{{ {'a': 1}.a }}{{ [[1, 2], [3]][0][1] }}{{ ((1)) }}{{ [1, 2,] }}{{ {'a': 1,} }}
{{ -n }}{{ +n }}{{ - -n }}{{ -n | abs }}{{ (-n) | abs }}{{ not n is none }}{{ n is not none and yes }}{{ 5 - -3 }}{{ 1.5 is float }}{{ l.0 }}{{ d.A.0 }}
{% generation %}generated {{ n }}{% set inner = 1 %}{% endgeneration %}{{ inner is defined }}{% set x %}{% generation %}g{% endgeneration %}{% endset %}{{ x }}
{{ 'a,b' | replace(',', '\\n') | indent(1) }}{{ ['x', ['y']] | join('-') }}{{ [1, 2] | join }}{{ people | join(', ', attribute='name') }}{{ s | attr('upper') is callable }}{{ d | attr('b') is defined }}{{ l.index(1) }}{{ l.count(3) }}{{ (1, 1).count(1) }}
{{ f(*[1, 2]) if f is defined }}{% macro k(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ k(*[1, 2]) }}{{ k(**{'a': 1, 'b': 2}) }}{{ k(1, **{'b': 3}) }}{{ '{}{}'.format(*[1, 2]) }}
{{ '<a>' | safe }}{{ ('<a>' | safe) ~ '<b>' }}{{ ('<a>' | safe) + '<b>&' }}{{ '"x"' + ('y' | safe) }}{{ '<' | e }}{{ ['<'|safe] }}{{ '<' | safe | upper }}{{ ('<' | safe) == '<' }}{{ '<' | safe | length }}{{ [('<' | safe)] | join }}{{ 'a' | safe is escaped }}{{ {'k': ('<' | safe)} | tojson }}
{{ range(3) }}{{ range(1, 9, 2) }}{{ 0 | map('upper') | list }}{{ none | select | list }}
{{ n }}   
  {% if true %}   
   indented
  {% endif %}   
{{ n }}
    {%+ if true %}kept{% endif +%}   
x
""".strip("\n")

ERRORS = """
{{ missing.attribute }}
{{ missing + 1 }}
{{ 1 + 'a' }}
{{ 'a' + 1 }}
{{ none.x.y }}
{{ missing() }}
{{ s() }}
{{ [] | length | nothing }}
{{ 1 is nothing }}
{{ raise_exception('my own reason') }}
{{ raise_exception('with ' ~ n) }}
{{ l.append(1) }}
{{ d.update({}) }}
{{ range(1000000) }}
{{ 1 // 0 }}
{{ 1 / 0 }}
{{ 1 % 0 }}
{{ 1 < 'a' }}
{{ none < 1 }}
{{ {}[[]] .x }}
{{ 'x' in 5 }}
{{ 5 in 'x' }}
{{ 'abc'.index('z') }}
{{ ''.split('') }}
{{ '%d' % 'x' }}
{{ '%s %s' % 'x' }}
{{ '%s' % (1, 2) }}
{{ '{} {}'.format(1) }}
{{ '{x}'.format(1) }}
{{ [1, 'a'] | sort }}
{{ [none, 1] | max }}
{{ l | map('nothing') | list }}
{{ l | map | list }}
{{ people | map(attribute='name') | length }}
{% for a, b in [1, 2] %}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% set a, b = [1] %}
{% set q.x = 1 %}
{% set ns = namespace() %}{% set ns._x = 1 %}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(b=2) }}
{% macro f(a) %}{{ a.b }}{% endmacro %}{{ f() }}
{{ missing | int }}
{{ missing < 1 }}
{{ missing | abs }}
{{ [missing] | tojson }}
{{ d | sum }}
{{ 5 | length }}
{{ none | list }}
{{ [[]] | unique | list }}
{{ {[]: 1} }}
{{ s.nothing() }}
{{ s['__class__'].x }}
{{ 'a'.join([1]) }}
{{ ''.join(none) }}
{{ 1.5 | round('x') }}
{{ people | groupby('missing') | list | length }}
{% for x in l %}{{ loop.nothing.more }}{% endfor %}
""".strip("\n").split("\n")

# What the sandbox of chat templates alone refuses.
SANDBOXED = ["append", "update", "range", "ns._x"]

SYNTAX = """
{{
{{ }}
{% %}
{{ 1 + }}
{{ (1 }}
{{ [1, 2 }}
{{ {1} }}
{{ 'open }}
{% if %}{% endif %}
{% if x %}
{% for x in %}{% endfor %}
{% for x of y %}{% endfor %}
{% endfor %}
{% else %}
{% nothing %}
{% set %}
{% set 1 = 2 %}
{% set true = 2 %}
{% macro %}{% endmacro %}
{% macro f(a, %}{% endmacro %}
{% macro f(a=1, b) %}{% endmacro %}
{{ a b }}
{{ a | }}
{{ a is }}
{{ a.'b' }}
{{ a[ }}
{{ f(a=1, 2) }}
{{ x ] }}
{{ ( ] }}
{# open
{% raw %} open
{{ a $ b }}
{{ a ! b }}
{{ 1 is odd is even }}
{% call 5 %}{% endcall %}
{% if x %}{% endfor %}
{{ "\\x4" }}
{{ x ? y : z }}
{{ a && b }}
{% for loop in x %}{% endfor %}
""".strip("\n").split("\n")

STRICT = """
{{ missing }}
{{ missing | default('x') }}
{{ missing is defined }}
{{ 'a' if missing is defined else 'b' }}
{{ missing ~ 'x' }}
{{ missing or 1 }}
{{ not missing }}
{% if missing %}{% endif %}
{% for x in missing %}{% endfor %}
{{ d.missing }}
{{ d.missing | default(1) }}
{{ missing == 1 }}
{{ 1 in missing }}
{{ [missing] | length }}
{{ missing | length }}
{{ missing is none }}
{{ missing is string }}
{{ l[9] }}
{{ l[9] is defined }}
{{ ('x' if z) is defined }}
{{ ('x' if z) }}
{{ d | tojson }}{{ "<&'>" | tojson }}
{{ s }}

{{ l | join(' ') }}
{% set x = missing %}{{ x is defined }}
{{ s }}
    {% if true %}
  x
    {% endif %}
y

""".strip("\n").split("\n")

PROGRAMS = (
    [(CHAT, source, DATA) for source in TEXTS.split("\n")]
    + [(CHAT, source, DATA) for source in ERRORS]
    + [(HARNESS, source, DATA) for source in ERRORS if not any(word in source for word in SANDBOXED)]
    + [(CHAT, source, DATA) for source in SYNTAX]
    + [(HARNESS, source, DATA) for source in STRICT] + [(HARNESS, "\n".join(STRICT[-8:]) + "\n", DATA)])


class RandomProgram:
    """A template of random expressions and statements, most of which can be evaluated."""

    NAMES = ["s", "t", "n", "f", "z", "e", "l", "w", "d", "people", "u", "none", "yes", "missing"]
    FILTERS = ["upper", "lower", "title", "capitalize", "trim", "length", "list", "first", "last", "string", "int", "float", "abs",
               "sort", "reverse", "unique", "join", "join('-')", "tojson", "default('x')", "default('x', true)", "sum", "min", "max",
               "map('string')", "map(attribute='name')", "select", "reject", "select('string')", "batch(2)", "slice(2)", "items",
               "dictsort", "indent(2)", "round", "replace('a', 'b')", "wordcount", "truncate(5)", "center(9)", "map('upper')",
               "selectattr('age')", "rejectattr('name', 'eq', 'bob')", "groupby('age')", "list | length", "tojson(indent=1)"]
    TESTS = ["defined", "none", "string", "mapping", "sequence", "iterable", "number", "odd", "even", "true", "in [1, 'a']",
             "divisibleby(2)", "eq(1)", "integer", "float", "boolean", "lower", "upper", "not none", "not defined"]
    METHODS = ["upper()", "strip()", "split()", "split(',')", "title()", "replace('l', '')", "startswith('H')", "find('o')", "keys()",
               "items()", "get('b')", "get('q', 1)", "count('a')", "index(1)", "splitlines()", "lower()", "rstrip('d')", "isdigit()",
               "join(w)", "zfill(9)", "partition(' ')", "name", "b", "age", "length", "0"]
    OPERATORS = ["+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or", "~", "~", "=="]

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def variables(self):
        return DATA

    def literal(self):
        return self.chance.choice(
            ["0", "1", "2", "-3", "1.5", "'a'", "''", "'a b,c'", "true", "false", "none", "[]", "[1, 2]", "['b', 'a']", "{}",
             "{'a': 1}", "(1, 'x')", "'é'", "10", "'12'", "1e3", "range(3)"])

    def expression(self, depth):
        chance = self.chance
        if depth <= 0:
            return chance.choice(self.NAMES) if chance.random() < 0.6 else self.literal()
        kind = chance.randrange(12)
        if kind < 3:
            return f"{self.expression(depth - 1)} {chance.choice(self.OPERATORS)} {self.expression(depth - 1)}"
        if kind < 6:
            return f"{self.expression(depth - 1)} | {chance.choice(self.FILTERS)}"
        if kind == 6:
            return f"({self.expression(depth - 1)} is {chance.choice(self.TESTS)})"
        if kind == 7:
            return f"({self.expression(depth - 1)}).{chance.choice(self.METHODS)}"
        if kind == 8:
            low, high = chance.choice(["", "1", "-2", "0"]), chance.choice(["", "2", "-1", "9"])
            index = chance.choice(["0", "-1", "'b'", "'name'", f"{low}:{high}", "::-1", f"{low}:{high}:2"])
            # Not of a literal: jinja2 folds such a slice while it compiles, and gives another error then.
            return f"({chance.choice([name for name in self.NAMES if name != 'none'])})[{index}]"
        if kind == 9:
            return f"({self.expression(depth - 1)} if {self.expression(depth - 1)} else {self.expression(depth - 1)})"
        if kind == 10:
            return f"[{self.expression(depth - 1)}, {self.expression(depth - 1)}]"
        return f"not {self.expression(depth - 1)}" if chance.random() < 0.4 else f"({self.expression(depth - 1)})"

    def mark(self):
        return self.chance.choice(["", "", "", "-", "-", "+"])

    def tag(self, body):
        close = self.mark()
        return "{%" + self.mark() + " " + body + " " + close + "%}"

    def space(self):
        return self.chance.choice(["", " ", "\n", "  \n ", "x", " y\n", "\t", "\n\n"])

    def statement(self, depth):
        chance = self.chance
        kind = chance.randrange(10)
        if kind < 5 or depth <= 0:
            close = self.chance.choice(["", "", "-"])
            return "{{" + self.mark().replace("+", "") + " " + self.expression(chance.choice([0, 0, 1, 1, 2])) + " " + close + "}}"
        inner = self.body(depth - 1)
        if kind == 5:
            other = self.tag("else") + self.body(depth - 1) if chance.random() < 0.5 else ""
            return self.tag("if " + self.expression(1)) + inner + other + self.tag("endif")
        if kind == 6:
            test = " if x" if chance.random() < 0.3 else ""
            other = self.tag("else") + self.space() if chance.random() < 0.3 else ""
            return (self.tag(f"for x in {self.expression(1)}{test}") + "{{ x }}{{ loop.index }}" + inner + other
                    + self.tag("endfor"))
        if kind == 7:
            name = chance.choice(["q", "r", "n"])
            return self.tag(f"set {name} = {self.expression(2)}") + inner + "{{ " + name + " }}"
        if kind == 8:
            return (self.tag("macro m(a, b='B')") + "{{ a }}{{ b }}" + inner + self.tag("endmacro")
                    + "{{ m(" + self.expression(0) + ") }}")
        return self.tag("set q") + inner + self.tag("endset") + "{{ q }}" + "{#" + self.mark() + " c " + self.mark() + "#}"

    def body(self, depth):
        return "".join(self.space() + self.statement(depth) + self.space() for _ in range(self.chance.randrange(1, 3)))

    def source(self):
        return self.body(2)
