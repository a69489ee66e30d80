"""Makes tests/data/jinja/{snippets,chats}.json with Jinja2 set up as transformers sets it up.

usage: make_jinja_data.py FOLDER     FOLDER holds templates/*.jinja and gets the two files
Each record: t (template text, or its file's name in chats), c (context), and o (output) or
e (error: its message where the template raised it, else "")."""
import copy
import datetime
import json
import pathlib
import sys

import jinja2
import jinja2.ext
import jinja2.nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2025, 1, 31, 13, 5, 9)


class Raised(jinja2.exceptions.TemplateError):
    pass


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_run"), [], [], body).set_lineno(line)

    def _run(self, caller):
        return caller()


class Namespace(jinja2.utils.Namespace):
    def __init__(*args, **kwargs):
        self, args = args[0], args[1:]
        attrs = dict(*args, **kwargs)
        for name in attrs:
            Namespace.check(name)
        jinja2.utils.Namespace.__init__(self, attrs)

    def __setitem__(self, name, value):
        Namespace.check(name)
        jinja2.utils.Namespace.__setitem__(self, name, value)

    @staticmethod
    def check(name):
        if isinstance(name, str) and name.startswith("_"):
            raise jinja2.exceptions.SecurityError(name)


class Dict:
    def __call__(self, *args, **kwargs):
        return dict(*args, **kwargs)

    def fromkeys(self, *args, **kwargs):
        return dict.fromkeys(*args, **kwargs)


def environment():
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                          sort_keys=sort_keys)

    def raise_exception(message):
        raise Raised(message)

    env.filters["tojson"] = tojson
    env.globals.update(raise_exception=raise_exception, dict=Dict(), namespace=Namespace,
                       strftime_now=lambda form: NOW.strftime(form))
    return env


ENV = environment()


def expected(text, context):
    try:
        return {"o": ENV.from_string(text).render(**context)}
    except Raised as error:
        return {"e": str(error)}
    except Exception:  # the message is Python's; that there is one is what counts
        return {"e": ""}


CONTEXT = {
    "s": "Hello, Wörld", "e": "", "n": 7, "neg": -3, "f": 2.5, "t": True, "no": False, "nil": None,
    "l": [3, 1, 2], "w": ["b", "A", "c", "a"], "d": {"b": 1, "a": "x", "C": None},
    "deep": {"k": [{"x": 1, "y": "p"}, {"x": 2, "y": "q"}, {"x": 1}]}, "emoji": "a😀é\n\t'\"\\",
    "items": "shadow", "big": 123456789012, "cjk": "你好，世界", "lines": "one\ntwo\r\n\nthree\n",
    "sp": "  pad \t\n", "m": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}],
}

EXPRESSIONS = r"""
s|e ~ f ~ t ~ nil ~ l ~ d
1 + 2 * 3 - 4 / 2
7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 // -2, 7 % -3, 7.5 // 2, -7.5 % 2
2 ** 10, 2 ** -1, -2 ** 2, 2 ** 3 ** 2, (-2) ** 3
1 / 3, 10 / 5, 1e16, 1e15, 123456789.125, 0.1 + 0.2, 1e-5, 0.0001, 1.5e300 * 1e10
1_000 + 0x1f + 0b101 + 0o17
10000000000 * 10000000000
9223372036854775807 + 1
9223372036854775807
-9223372036854775807 - 1
1 / 0
1 // 0
1.0 % 0
true + true, true * 3, false - 1
1 < 2 < 3, 1 < 3 < 2, 1 == 1.0, true == 1, 'a' < 'b', [1, 2] < [1, 3], (1,) == [1]
1 < 'a'
nil < 1
'a' in s, 'l' in 'hello', 2 in l, 5 not in l, 'a' in d, 'z' in d, nil in [nil]
1 in 'abc'
2 in 5
not t, not not t, not 1 == 2
t and 5, no and 5, t or 5, no or 5, '' or 'x', nil or [] or {}
'yes' if t else 'no', 'yes' if no else 'no', 'yes' if no
('x' if no) is undefined
undefined_thing
undefined_thing.attr
undefined_thing['attr']
undefined_thing + 1
undefined_thing ~ 'x'
undefined_thing == other_undefined, undefined_thing == nil
undefined_thing|default('dd'), nil|default('dd'), nil|default('dd', true), ''|d('q', boolean=true)
d.missing, d.missing is defined, d['a'], d.a, d.get('a'), d.get('zz'), d.get('zz', 9)
d.missing.more
nil.foo
nil.foo.bar
nil['foo'] is defined
5.foo is defined
d.items()|list, d.keys()|list, d.values()|list, d.items(), d.keys(), d.values()
l.count(1), l.index(2)
l.index(99)
l.append(4)
l.append is defined
d.update({'q': 1})
d.pop('a')
s.__class__
s.__class__.__mro__
d.__class__ is defined
d['__class__'] is defined
s[0], s[-1], s[7:], s[:5], s[::-1], s[1:8:2], s[-3:-1], s[100:], s[8]
s[50]
s[50] is defined
l[0], l[-1], l[1:], l[::-1], l[:0], l[5:], l[-2:], l[::2]
l[9]
l[9] is undefined
l['a'] is undefined
l[::0]
d[1:2]
n[:1]
undefined_thing[1:]
cjk[1], cjk[2:], cjk|length, cjk[::-1], cjk[-1]
emoji, emoji|length, [emoji], emoji|tojson, emoji|upper
(1, 2), (1,), (), [1, [2, 'x']], {'a': (1, none)}, {}, []
[true, false, none, 1.0, 'q']
{1: 'a', 'b': [2]}, {1: 'a', 1.0: 'b', true: 'c'}
{[1]: 2}
'it\'s', "say \"hi\"", 'tab\there', 'nl\\n', '\u00e9', '\x41', '\101', '\q', 'a' 'b'
['it\'s', "say \"hi\"", 'b"\'x', 'tab\t', '\u200b', 'é', '\x7f', '\U0001F600']
'\é'
1.foo
s|upper, s|lower, s|title, s|capitalize, 'hello wORLD-foo (bar) [baz]'|title
'ß'|upper, 'ΑΣ'|lower, 'ǆx'|capitalize, 'ŉ'|upper, 'İ'|lower|length, 'ﬁ'|title
'they\'re bill\'s'.title(), 'abc DEF'.swapcase(), 'HELLO'.capitalize()
sp|trim, sp.strip(), sp.lstrip(), sp.rstrip(), 'xxaxx'.strip('x'), 'xyaxy'.lstrip('xy'), 'xxa'|trim('x')
['\u00a0 a \u3000'|trim]
s.split(', '), 'a b  c'.split(), 'a b  c'.split(' '), 'a,b,c'.split(',', 1), 'a,b,c'.rsplit(',', 1)
' a b c '.split(none, 1), ' a b c '.rsplit(none, 1), ''.split(), ''.split(','), 'a'.split(maxsplit=1)
'abc'.split('')
lines.splitlines(), lines.splitlines(true), ''.splitlines()
s.startswith('He'), s.endswith('ld'), s.startswith(('x', 'H')), s.startswith('l', 2), s.endswith('H', 0, 1)
s.startswith(1)
s.find('o'), s.find('zz'), s.rfind('l'), s.find('o', 6), s.count('l'), 'aaa'.count('aa'), 'abc'.count('')
cjk.find('世'), cjk.rfind('好'), cjk.find('')
s.index('zz')
s.replace('l', 'L'), s.replace('l', 'L', 1), 'aaa'.replace('', '-'), s|replace('o', '0'), 'aaa'|replace('a', 'b', 2), 5|replace('5', 6)
', '.join(w), '-'.join('abc'), ''.join([])
', '.join([1, 2])
s.partition(', '), s.rpartition('l'), 'a'.partition('x'), 'a'.rpartition('x')
'abc'.removeprefix('a'), 'abc'.removesuffix('c'), 'abc'.removeprefix('x')
'12'.isdigit(), '1a'.isdigit(), ''.isdigit(), 'ab'.isalpha(), 'a1'.isalnum(), ' '.isspace(), 'A'.isupper(), 'a1'.islower(), '²'.isdigit(), '²'.isdecimal(), 'Ab Cd'.istitle(), 'é'.isascii(), 'if'.isidentifier()
'7'.zfill(3), '-7'.zfill(4), 'a'.center(5), 'a'.center(4), 'a'.ljust(3) ~ '|', 'a'.rjust(3, '*')
'%s and %d' % ('a', 5), '%05.2f' % f, '%5s|%-5s|' % ('a', 'b'), '%x %X %o %#x' % (255, 255, 8, 255), '%%', '%r' % 'q', '%s' % l, '%(a)s' % d, '%+d % d' % (3, 3), '%c%c' % ('x', 65), '%e' % 12345.678, '%g' % 0.00001
'%d' % 'x'
'%s %s' % ('a',)
'%s' % ('a', 'b')
'{} {}'.format('a', 1), '{0} {1} {0}'.format('a', 'b'), '{x}'.format(x=5), '{:>5}|{:<5}|{:^5}|'.format('a', 'b', 'c'), '{:05d} {:.2f} {:,} {:x} {:%}'.format(42, 3.14159, 1234567, 255, 0.5), '{{}}'.format(), '{!r}'.format('q'), '{a[b]} {l[0]}'.format(a={'b': 1}, l=[9])
'{}'.format()
'{'.format(1)
'%s items' | format(5), '%s-%s'|format('a', 'b'), '%(x)s'|format(x=1)
l|tojson, d|tojson, deep|tojson, s|tojson, nil|tojson, t|tojson, f|tojson, cjk|tojson, (1, 2)|tojson
d|tojson(indent=2)
deep|tojson(indent=4)
[]|tojson(indent=2), {}|tojson(indent=2), [[]]|tojson(indent=1)
d|tojson(indent='--')
l|tojson(indent=0)
cjk|tojson(ensure_ascii=true), emoji|tojson(ensure_ascii=true), '\x7f'|tojson(ensure_ascii=true)
d|tojson(sort_keys=true), d|tojson(separators=(',', ':')), d|tojson(indent=1, separators=(',', ': '))
{1: 2, none: 3, true: 4, 1.5: 5}|tojson
{(1, 2): 3}|tojson
undefined_thing|tojson
[1e100, 1e-7, 100.0, -0.0]|tojson
'</script>&\''|tojson
d.items()|tojson
range(3)|tojson
range(5)|list, range(1, 4)|list, range(10, 0, -3)|list, range(0)|list, range(5), range(1, 9, 2)
range(1000000)
range(1, 2, 0)
range(5)[2], range(5)[-1], range(10)[2:8:2]|list, range(5)|length, 3 in range(5)
dict(a=1, b=2), dict({'x': 1}, y=2), dict([('p', 1)])
dict([1])
l|length, d|length, s|length, ''|count, undefined_thing|length
5|length
nil|length
l|first, l|last, []|first, s|first, s|last, d|first, d|last, range(4)|last
[]|first is undefined
(l|map('string'))|last
l|join, l|join(', '), w|join('-'), deep.k|join(',', attribute='x'), [none, true]|join('|')
l|sort, w|sort, w|sort(case_sensitive=true), w|sort(reverse=true), deep.k|sort(attribute='x')|map(attribute='y')|list
[3, 'a']|sort
[none, none]|sort, -0.5|round(0, 'ceil'), (-0.5)|round(0, 'ceil'), range(9)[1::3], '%d' % 3
'abc' % range(4)
deep.k|sort(attribute='x,y')|list
d|dictsort, d|dictsort(true), {'b': 2, 'a': 3}|dictsort(by='value'), {'b': 2, 'a': 3}|dictsort(reverse=true)
d|items|list, undefined_thing|items|list
l|items|list
w|unique|list, [1, 1.0, true, 2]|unique|list, w|unique(case_sensitive=true)|list, deep.k|unique(attribute='x')|list
l|map('string')|list, w|map('upper')|join, deep.k|map(attribute='x')|list, deep.k|map(attribute='y', default='?')|list, w|map('replace', 'a', 'z')|list
l|map('nofilter')|list
l|map|list
[]|map('nofilter')|list
deep.k|selectattr('x', 'equalto', 1)|list, deep.k|rejectattr('y', 'defined')|list, deep.k|selectattr('y')|map(attribute='y')|list
l|select('odd')|list, l|reject('odd')|list, l|select('gt', 1)|list, [0, 1, '']|select|list, [0, 1, '']|reject|list, w|select('in', ['a', 'b'])|list
l|select('notest')|list
m|selectattr('role', '==', 'user')|map(attribute='content')|first
deep|attr('k')
l|sum, deep.k|sum(attribute='x'), [[1], [2]]|sum(start=[]), [1, 2.5]|sum, []|sum
['a']|sum
l|min, l|max, w|min, w|max, w|max(case_sensitive=true), deep.k|max(attribute='x'), []|max
l|reverse|list, s|reverse, (1, 2)|reverse|list
5|reverse
l|list, s[:3]|list, d|list, nil|string|list
nil|list
[1, 2, 3, 4, 5]|batch(2)|list, [1, 2, 3]|batch(2, 0)|list
deep.k|groupby('x')|list
2.5|round, 3.5|round, 2.567|round(2), 42.55|round(1, 'floor'), 42.51|round(1, 'ceil'), 5|round, 1234|round(-2), 1250.0|round(-2), 2.675|round(2)
'x'|round
'12'|int, '12.7'|int, 'x'|int, 'x'|int(5), '0x1f'|int(base=16), '1f'|int(0, 16), 3.9|int, nil|int, true|int, ' 5 '|int, '1_0'|int, '-5'|int, '1e3'|int
'12.5'|float, 'x'|float, 'x'|float(1.5), 5|float, '1_0.5'|float, nil|float
'1e400'|int, '1e400'|int(4)
undefined_thing|int
-5|abs, 5.5|abs, -5.5|abs, (-5)|abs
'x'|abs
5|string, none|string, l|string, [5|string]
'<a href="x">\'&'|e ~ '<b>'|escape ~ '<b>'|safe ~ 5|e
'a\nb\n\nc'|indent, 'a\nb'|indent(2, true), 'a\n\nb'|indent(2, blank=true), 'a\nb'|indent('>>'), 'a\n'|indent
5|indent
s is string, 5 is string, 5 is number, 5.5 is number, t is number, 5 is integer, t is integer, f is float, 5 is float, t is boolean, nil is none, d is mapping, l is mapping, l is sequence, s is sequence, d is sequence, 5 is sequence, l is iterable, 5 is iterable, s is iterable, range is callable, s is callable, s.upper is callable
undefined_thing is defined, undefined_thing is undefined, undefined_thing is none, undefined_thing is iterable, undefined_thing is string, undefined_thing is sequence, undefined_thing is callable
3 is odd, 3 is even, 4 is divisibleby 2, 4 is divisibleby(3), 0 is even
'x' is odd
t is true, 1 is true, no is false, 0 is false, 1 is sameas 1
s is lower, 'abc' is lower, 'ABC' is upper, '' is lower
5 is eq 5, 5 is equalto(5), 5 is ne 4, 5 is lt 6, 5 is gt 4, 5 is ge 5, 5 is le 4, 5 is not gt 9, 'a' is in 'abc', 5 is in [5]
5 is not defined, x is not defined, s is not none and t
'upper' is filter, 'nope' is filter, 'odd' is test
t is true is false
5 is nosuchtest
5|nosuchfilter
s|upper|lower|length + 1
-5|abs + 2
-f|abs
s.upper().lower().split('l')[0]
d.a.upper(), d['b'] + 1
l + [4], (1,) + (2,), 'a' + 'b', 'a' * 3, [0] * 3, 2 * 'ab', 'x' * -1, 'x' * 0
'a' + 1
[1] + (2,)
l - 1
{} + {}
-'a'
+5, +f, -neg, - -5
1 ~ 2 ~ 'x' + 'y'
1 ~ 2 * 3
'a' ~ 1 == 'a1'
[1, 2, 3][1], {'a': {'b': 3}}.a.b, (1, 2)[0], 'abc'[1], [[1, 2]][0][1]
deep.k.0.x, deep.k[0]['x'], deep['k'][-1].x, l.0, l.2
items, d.items()|length
namespace(a=1).a, namespace({'b': 2}).b, namespace().zz is defined
namespace(a=1)
namespace(_x=1)
cycler('a', 'b').next(), cycler('a').current is defined
nil(), 5
undefined_thing()
s()
d.nope()
raise_exception('boom ' ~ n)
raise_exception()
strftime_now('%Y-%m-%d %H:%M:%S %d %b %Y %A %B %j %p %%'), strftime_now('%-d %B')
strftime_now('') == ''
lipsum is defined
1 if 2 else 3 if 4 else 5
(1 if no) ~ 'x'
[1, 2, 3,], {'a': 1,}, (1, 2,)
s | replace("l", "L") | upper
[] == [], {} == {}, [1] == [1.0], {'a': 1} == {'a': 1}, (1, 2) == (1, 2), 'a' == 1, nil == false, d == d
l is eq [3, 1, 2]
[1, 2] is in [[1, 2]]
m[0].role ~ m[-1]['content'] ~ m[1:]|length
m|map(attribute='role')|unique|join('/')
m[-1].content.split('o')|last|length
m[0].content is string and m[0].content is not mapping
m|length % 2 == 0 and m[0]['role'] == 'user'
(m|last).role == 'assistant' or no
l|sort|first + l|sort|last
{'type': 'function', 'n': [1, {'x': none}]}|tojson
1.0, 1.50, 100000000000000000000.0, 12345678901234567.0, 1e22, 1.7976931348623157e308, 5e-324, 3.0e-10
0.1|string, 1e5|int, 1.9999999999999999
123.456|round(1) ~ '|' ~ 123.456|int
n * 1.0, n / 7, n // 2.0, 2 ** 0.5, 2 ** 62, 10 ** 18
2 ** 63
'abc' 'def'|upper
"""

STATEMENTS = [
    "{% for x in l %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}",
    "{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
    "{% for x in [] %}a{% else %}empty{% endfor %}", "{% for x in l if x > 5 %}a{% else %}none{% endfor %}",
    "{% for x in l if x is odd %}{{ loop.index }}/{{ loop.length }}:{{ x }};{% endfor %}",
    "{% for x in l if x is odd %}{{ x }}{{ loop.last }}{{ loop.nextitem }};{% endfor %}",
    "{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}",
    "{% for x in l %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}",
    "{% for k, v in d|dictsort %}{{ k }}={{ v }};{% endfor %}",
    "{% for a, b in [(1, 2), (3, 4)] %}{{ a + b }} {% endfor %}", "{% for a, b in [(1, 2, 3)] %}{{ a }}{% endfor %}",
    "{% for a, b in [(1,)] %}{{ a }}{% endfor %}", "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for a, b in [5] %}{{ a }}{% endfor %}", "{% for c in s[:4] %}{{ c }}.{% endfor %}", "{% for c in cjk %}{{ c }}.{% endfor %}",
    "{% for x in range(3) %}{% for y in range(x) %}{{ x }}{{ y }} {% endfor %}{{ loop.index }}{% endfor %}",
    "{% for x in 5 %}{% endfor %}", "{% for x in nil %}{% endfor %}", "{% for x in undefined_thing %}a{% else %}b{% endfor %}",
    "{% for x in l %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% else %}E{% endfor %}",
    "{% for x in range(6) %}{% if x is odd %}{% continue %}{% elif x > 3 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in l %}{% for y in l %}{% if y == 1 %}{% break %}{% endif %}{{ y }}{% endfor %}|{% endfor %}",
    "{% break %}", "{% for x in l %}{% endfor %}{% continue %}",
    "{% set x = 1 %}{% for i in l %}{{ x }}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}",
    "{% set ns = namespace(x=0) %}{% for i in l %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace() %}{% set ns.a = 1 %}{% set ns.b, ns.c = 2, 3 %}{{ ns.a }}{{ ns.b }}{{ ns.c }}{{ ns.zz }}",
    "{% set d.x = 1 %}", "{% set nope.x = 1 %}", "{% set ns = namespace() %}{% set ns._x = 1 %}{{ ns._x }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set a = 1, 2 %}{{ a }}", "{% set (a, b) = [1, 2] %}{{ b }}",
    "{% if t %}{% set q = 1 %}{% endif %}{{ q }}", "{% if no %}{% set q = 1 %}{% endif %}{{ q }}",
    "{% set x %}a{{ n }}b{% endset %}{{ x }}{{ x|length }}", "{% set x | upper | trim %} abc {% endset %}[{{ x }}]",
    "{% set x %}{% set y = 5 %}{{ y }}{% endset %}{{ x }}{{ y }}",
    "{% if no %}a{% elif n > 5 %}b{% else %}c{% endif %}", "{% if no %}a{% elif no %}b{% else %}c{% endif %}{% if no %}x{% endif %}",
    "{% if l and d and s %}1{% endif %}{% if e or nil %}2{% endif %}{% if not e %}3{% endif %}",
    "{% macro f(a, b=2, c=none) %}{{ a }}-{{ b }}-{{ c }}{% endmacro %}{{ f(1) }} {{ f(1, 3) }} {{ f(a=1, c='z') }} {{ f() }}",
    "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(z=2) }}",
    "{% macro f(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, 3, z=4) }}",
    "{% macro f(a, b=a + 1) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}{{ f(1, 9) }}",
    "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(5) }}",
    "{% macro f() %}{{ n }}{{ late }}{% endmacro %}{% set late = 'L' %}{{ f() }}",
    "{% macro f() %}{% set n = 99 %}{{ n }}{% endmacro %}{{ f() }}{{ n }}",
    "{% macro f(x) %}[{{ caller() }}{{ x }}]{% endmacro %}{% call f(1) %}in{{ n }}{% endcall %}",
    "{% macro f() %}{% for x in l %}{{ caller(x) }}{% endfor %}{% endmacro %}{% call(v) f() %}<{{ v }}>{% endcall %}",
    "{% macro f() %}{{ caller is defined }}{% endmacro %}{{ f() }}", "{% macro f() %}x{% endmacro %}{% call f() %}y{% endcall %}",
    "{% macro f(a, b) %}{{ b }}{% endmacro %}{{ f(b=1, a=2) }}{{ f.name }}{{ f.arguments }}",
    "{% macro f(a, b=1, c) %}{% endmacro %}", "{% macro outer() %}{% macro inner() %}i{% endmacro %}{{ inner() }}{% endmacro %}{{ outer() }}{{ inner is defined }}",
    "{% for i in range(2) %}{% macro f() %}{{ i }}{% endmacro %}{{ f() }}{% endfor %}",
    "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(*[5]) }}{{ f(**{'a': 6}) }}", "{{ range(*[1, 4])|list }}{{ dict(**d) }}",
    "{% macro f(x) -%}\n  {{ x }}\n{%- endmacro %}[{{ f(1) }}]",
    "{% with a=1, b=2 %}{{ a }}{{ b }}{% endwith %}{{ a }}", "{% with %}{% set z = 3 %}{{ z }}{% endwith %}{{ z }}", "{% with a=n %}{% with b=a %}{{ b }}{% endwith %}{% endwith %}",
    "{% filter upper %}abc{{ s }}{% endfilter %}", "{% filter replace('a', 'b')|upper %}aXa{% endfilter %}",
    "{% generation %}g{{ n }}{% set gg = 1 %}{% endgeneration %}{{ gg }}", "{% print n, s %}", "{% print(n) %}",
    "{% raw %}{{ x }} {% if %}{% endraw %}", "{% raw -%}  a  {%- endraw %}b", "  {% raw %}\n x {% endraw %}\n y", "{%- raw -%} {{ }} {%- endraw -%} z",
    "{# c #}a{#- c -#} b", "a\n  {# c #}\n  b", "a {#- c #} b", "{# unclosed", "{#-#} x", "{##}\nx", "a{# +#}\nb", "{# {{ #}ok",
    "  {% if t %}\n  x\n  {% endif %}\n", "  {%+ if t %}\n  x\n  {%+ endif %}\n", "a\n  {%- if t -%}\n  x\n  {%- endif -%}\n  b",
    "  {% if t +%}\n  x\n  {% endif +%}\n", "{{ n }}\n{{ n -}}  \n {{- n }}", "{% set a = 1 %}\n\n{{ a }}", "  {{ n }}\n  {{- n }}",
    "\n\n{% if t %}\n\na{% endif %}\n\n", "a\r\nb{% if t %}\r\nc{% endif %}\rd\n", "line\n", "line\n\n", "", "\n", "{{ n }}\n",
    "x {% if t %} y {% endif %} z", "x\t {%- if t %} y{% endif %}", "\u00a0{%- if t %}y{% endif -%}\u00a0z", "   {% set a=1 %}   {% set b=2 %}\nx",
    "{% if t %}a{% endif %}   {% if t %}b{% endif %}\n", " {% for x in l %}\n  {{ x }}\n {% endfor %}\n",
    "{%- for x in l %}\n{{ x }}\n{%- endfor %}", "{{ '{{' }}{{ '}}' }}{{ '%}' }}", "{{ {'a': {}} }}{{ {'a': {'b': {}}} }}", "{{ {} }}", "{{{}}}", "{{ ({}) }}",
    "{% if t: %}a{% endif %}", "{{ 5 }", "{{ 5", "{% if t %}", "{% endif %}", "{% nosuchtag %}", "{% if %}a{% endif %}", "{{ }}", "{{ 1 + }}", "{{ (1 }}", "{{ 1) }}", "{{ [1 }}", "{{ a b }}", "{{ 'abc }}", "{{ $ }}", "{{ ! }}", "{{ 1 ! 2 }}", "{{ a.1b }}", "{{ a. }}", "{{ f(a=1, 2) }}", "{{ f(*a, 2) }}", "{% set 5 = 1 %}", "{% set a.b.c = 1 %}", "{% set true = 1 %}", "{% for x.y in l %}{% endfor %}", "{% for x l %}{% endfor %}", "{% for x in l %}", "{% macro %}{% endmacro %}", "{% macro f(a b) %}{% endmacro %}", "{% call 5 %}{% endcall %}", "{% if t %}{% else %}{% elif %}{% endif %}", "{% for x in l %}{% endif %}", "{{ not }}", "{{ a is }}", "{{ a|  }}", "{{ 007 }}", "{{ 1__0 }}", "{{ '\\u12' }}", "{{ '\\x4' }}",
    "{% set x = namespace(found=false) %}{% for m_ in m if not x.found %}{{ m_.role }}{% set x.found = true %}{% endfor %}",
    "{% for x in l %}{{ loop }}{% endfor %}"[:0] + "{% for x in l|map('string') %}{{ loop.length }}{{ x }}{% endfor %}",
    "{% set g = l|map('string') %}{{ g|list }}{{ g|list }}", "{% set g = l|select('odd') %}{{ g|first }}{{ g|first }}{{ g|list }}",
    "{% set j = joiner('|') %}{{ j() }}a{{ j() }}b{{ j() }}", "{% set c = cycler('x', 'y') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.reset() }}{{ c.next() }}",
    "{% for message in m %}{{ '<|' + message['role'] + '|>\n' + message.content|trim + '\n' }}{% endfor %}",
    "{% for x in l %}{{ x }}{% set loop_last = loop.last %}{% endfor %}{{ loop_last }}{{ loop }}",
    "{% if m[0]['role'] == 'system' %}{% set sys = m[0].content %}{% set rest = m[1:] %}{% else %}{% set rest = m %}{% endif %}{{ sys is defined }}{{ rest|length }}",
    "{{ raise_exception('Only user roles!') if t else 1 }}", "{% if n > 100 %}{{ raise_exception('x') }}{% endif %}ok",
    "{% set x = 'a' if no %}{{ x }}|", "{% set content = m[0].content ~ '\n' %}{{ content }}.", "{{ m | tojson(indent=2) }}",
    "{{ n }}",
]

# What Jinja has and this interpreter refuses by name, or does in its own words on purpose.
REFUSED = [
    "{% for x in m recursive %}{{ x }}{% endfor %}", "{% block b %}x{% endblock %}",
    "{% autoescape true %}x{% endautoescape %}", "{{ 2 ** 63 }}", "{{ 9223372036854775807 + 1 }}",
    "{{ 10000000000 * 10000000000 }}", "{{ s.encode() }}", "{{ deep|attr('k') }}", 
    "{{ t is true, 1 is true, no is false, 0 is false, 1 is sameas 1 }}", 
    "{{ 5|wordcount }}", "{{ '\\ud83d' }}", "{{ '\\N{DASH}' }}", "{{ 99999999999999999999 }}",
    "{% include 'x' %}", "{% extends 'x' %}", "{% import 'x' as y %}", "{% from 'x' import y %}",
]


def snippets():
    # A filter may change a list in place (indent does): each text gets its own context.
    texts = ["{{ " + line + " }}" for line in EXPRESSIONS.strip("\n").split("\n")] + STATEMENTS
    out = [{"t": t, **expected(t, copy.deepcopy(CONTEXT))} for t in texts if t not in REFUSED]
    for t in REFUSED:
        out.append({"t": t, "refused": True})
    return {"context": CONTEXT, "cases": out}


TOOLS = [
    {"type": "function", "function": {
        "name": "get_weather", "description": "Get the weather. \"Quotes\" & <tags>",
        "parameters": {"type": "object", "properties": {
            "city": {"type": "string", "description": "City name, e.g. Zürich"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
            "days": {"type": ["integer", "null"], "description": "How many"}},
            "required": ["city"]}, "return": {"type": "string", "description": "Text"}}},
    {"type": "function", "function": {
        "name": "add", "description": "Add numbers.", "parameters": {"type": "object", "properties": {
            "values": {"type": "array", "items": {"type": "number"}},
            "options": {"type": "object", "properties": {"round": {"type": "boolean"}}}},
            "required": ["values"]}}}]


def call(name, arguments, id="call12345"):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def conversations():
    user = {"role": "user", "content": "What is 2 + 2? 你好 😀"}
    system = {"role": "system", "content": "You are terse.\nBe \"nice\"."}
    answer = {"role": "assistant", "content": "  It is 4. "}
    thought = {"role": "assistant", "content": "<think>\nhm, two\n</think>\n\nIt is 4.",
               "reasoning_content": "hm, two", "thinking": "hm, two"}
    more = {"role": "user", "content": "And\n\ttimes 3?"}
    asks = {"role": "assistant", "content": "", "tool_calls": [call("get_weather", {"city": "Zürich", "days": 2})]}
    asks_none = {"role": "assistant", "content": None, "tool_calls": [
        call("add", {"values": [1, 2.5], "options": {"round": True}}), call("get_weather", {"city": "Rome"}, "call67890")]}
    told = {"role": "tool", "name": "get_weather", "content": "{\"t\": 21.5}", "tool_call_id": "call12345"}
    told2 = {"role": "tool", "name": "add", "content": "3.5", "tool_call_id": "call67890"}
    parts = {"role": "user", "content": [{"type": "text", "text": "Look:"}, {"type": "image"}, {"type": "text", "text": "what?"}]}
    lists = [[user], [system, user], [user, answer, more], [system, user, answer, more, answer],
             [user, thought, more], [system, user, asks, told], [user, asks_none, told2, told, answer, more],
             [parts], [user, user], [answer], []]
    out = []
    for i, messages in enumerate(lists):
        for tools in (None, TOOLS):
            if tools and i in (4, 7, 8, 9):
                continue
            for prompt in (False, True):
                c = {"messages": messages, "tools": tools, "documents": None, "add_generation_prompt": prompt,
                     "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
                if i == 2:
                    c["enable_thinking"] = prompt
                    c["reasoning_effort"] = "high"
                out.append(c)
    return out


def chats(folder):
    contexts = conversations()
    out = []
    for path in sorted((folder / "templates").glob("*.jinja")):
        text = path.read_text(encoding="utf-8")
        for i, context in enumerate(contexts):
            out.append({"t": path.name, "c": i, **expected(text, copy.deepcopy(context))})
    return {"contexts": contexts, "cases": out}


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, data in (("snippets", snippets()), ("chats", chats(folder))):
        with open(folder / f"{name}.json", "w", encoding="utf-8") as f:
            json.dump(data, f, ensure_ascii=False, indent=0)
            f.write("\n")
        cases = data["cases"]
        print(name, len(cases), "of them errors:", sum("e" in c for c in cases))


if __name__ == "__main__":
    main()
