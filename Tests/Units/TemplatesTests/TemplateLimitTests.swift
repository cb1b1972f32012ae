import Support
import Testing

@testable import Templates

/// A template is foreign code: what it may spend is bounded.
struct TemplateLimitTests {
  private func failure(_ source: String, _ variables: JSONObject = [:]) -> BenchmarkError? {
    var settings = Template.Settings.chat
    settings.limits.steps = 400_000
    do throws(BenchmarkError) {
      _ = try Template(source, name: "FILE", settings: settings).render(variables)
      return nil
    } catch { return error }
  }

  @Test(arguments: [
    "{{ 'x' * 10 ** 9 }}", "{{ 10 ** 9 * 'x' }}", "{{ [1] * 10 ** 9 }}", "{{ (1,) * 10 ** 18 }}",
    "{{ 'xy' * 10 ** 18 }}",
    "{{ range(10 ** 9) }}", "{{ range(0, 10 ** 18, 1) | list }}", "{{ 'a'.center(10 ** 9) }}",
    "{{ 'a'.ljust(10 ** 12) }}",
    "{{ '1'.zfill(10 ** 9) }}", "{{ 'a' | center(10 ** 9) }}", "{{ '%1000000000d' % 1 }}", "{{ '%.1000000000f' % 1 }}",
    "{{ '{:1000000000}'.format(1) }}", "{{ '{:.1000000000f}'.format(1.0) }}", "{{ 'a\\nb' | indent(10 ** 9) }}",
    "{{ [[1]] | tojson(indent=10 ** 9) }}", "{{ [1] | batch(10 ** 9, 1) | list }}", "{{ [1] | slice(10 ** 9) | list }}",
    "{% set ns = namespace(x='x') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x | length }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
    "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}"
      + "{% endfor %}{{ ns.x == ns.y }}",
    "{% set ns = namespace(x=[]) %}{% for i in range(10000) %}{% set ns.x = [ns.x] %}{% endfor %}",
    "{% set ns = namespace(x={}) %}{% for i in range(10000) %}{% set ns.x = {'a': ns.x} %}{% endfor %}",
    "{% set ns = namespace(x=1) %}{% for i in range(10000) %}{% set ns.x = [ns.x].index %}{% endfor %}",
    "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "{% for a in range(100000) %}{{ 'abcdefghij' * 1000 }}{% endfor %}",
    "{% set s = 'a' * 10 ** 6 %}{% for i in range(100000) %}{% if s | length == 3 %}x{% endif %}{% endfor %}",
    "{% set s = 'a' * 10 ** 6 %}{% set t = s ~ '' %}{% for i in range(100000) %}{% if s == t %}x{% endif %}{% endfor %}",
    "{% set s = 'a' * 10 ** 6 %}{% for i in range(100000) %}{% if s is string %}x{% endif %}{% endfor %}",
    "{% set s = 'a' * 10 ** 6 %}{% set t = 'a' * 5 * 10 ** 5 ~ 'b' %}{% for i in range(100000) %}{{ t in s }}{% endfor %}",
    "{{ ('9' * 10 ** 6) | int }}", "{{ ('9' * 10 ** 6) | float }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "{% macro f() %}{% call f() %}{{ caller() }}{% endcall %}{% endmacro %}{{ f() }}",
    "{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}", "{{ ('a' * 100000).replace('', 'b' * 100000) }}",
    "{{ ('b' * 1000000).join('a' * 1000000) }}", "{{ ('a' * 50000000) | list | length }}", "{{ 9 ** 99 }}",
    "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}", "{{ 9223372036854775808 }}",
    "{{ 4611686018427387904 * 2 }}",
    "{{ 1e300 | int }}", "{{ '%d' % 1e300 }}", "{{ (-9223372036854775807 - 1) // -1 }}",
    "{{ (-9223372036854775807 - 1) | abs }}",
    "{{ strftime_now('%1000000000Y') }}", "{{ strftime_now('%c' * 10000) }}",
  ])
  func whatWouldNotEndIsRefused(source: String) {
    let error = failure(source)
    #expect(error != nil, "\(source)")
    #expect(error?.message.contains("FILE, line ") == true && error?.message.contains("\n") == false)
  }

  @Test func nestingOfTheSourceIsBounded() {
    for (open, close) in [
      ("(", ")"), ("[", "]"), ("not ", ""), ("- ", ""), ("[1][", "]"), ("1 if ", ""), ("x(", ")"), ("{'a': ", "}"),
      ("1 if 1 else ", ""), ("x is eq [", "]"), ("x | default(", ")"),
    ] {
      let inner = String(repeating: open, count: 100_000) + "1" + String(repeating: close, count: 100_000)
      #expect(failure("{{ " + inner + " }}") != nil, "\(open)")
      let few = String(repeating: open, count: 20) + "0" + String(repeating: close, count: 20)
      let parsed = try? Template("{{ " + few + " }}", name: "few")
      #expect(parsed != nil, "\(open)")
    }
    let blocks = String(repeating: "{% if true %}", count: 50_000) + String(repeating: "{% endif %}", count: 50_000)
    #expect(failure(blocks)?.message.contains("deep") == true)
    #expect(failure(String(repeating: "{% macro f() %}", count: 50_000)) != nil)
  }

  /// What stands in a row is not deep.
  @Test func longRowsAreRendered() throws {
    for (first, part, value) in [
      ("1", " + 1", "20001"), ("''", " ~ 'a'", String(repeating: "a", count: 20_000)), ("'a'", " | trim", "a"),
      ("1", " and 1", "1"),
      ("0", " or 0", "0"), ("1", " == 1", "True"), ("s", ".strip()", "a"),
    ] {
      let source = "{{ " + first + String(repeating: part, count: 20_000) + " }}"
      #expect(try Template(source, name: "row").render(["s": "a"]) == value, "\(part)")
    }
    let branches = String(repeating: "{% elif x %}", count: 20_000)
    #expect(try Template("{% if x %}\(branches){% else %}b{% endif %}", name: "row").render([:]) == "b")
  }

  @Test func deepVariablesAreRefused() {
    let deep = (0..<500).reduce(JSONValue.integer(1)) { value, _ in [value] }
    #expect(failure("{{ x }}", ["x": deep]) != nil)
  }

  /// A namespace may hold itself, a macro its scope: nothing recurses over them, and both are let go.
  @Test func cyclesEnd() throws {
    let source = """
      {%- set ns = namespace() %}{% set ns.me = ns %}{% set ns.list = [ns] %}{% macro f() %}{{ ns.x }}{% endmacro %}
      {%- set ns.f = f %}{% set ns.x = 'x' %}{{ ns.me.me.x }}{{ ns.f() }}{{ ns.list[0].x }}{{ ns == ns.me }}
      """
    #expect(try Template(source, name: "cycle").render([:]) == "xxxTrue")
  }

  @Test func errorsNameTheLineAndTheReason() {
    let cases = [
      ("a\n{{ x.y.z }}", "FILE, line 2: the template cannot be rendered: 'x' is undefined"),
      ("\n\n{% if %}{% endif %}", "FILE, line 3: the template cannot be parsed"),
      ("\n{{ raise_exception('No.') }}", "FILE, line 2: the template refuses the conversation: No."),
      ("{% include 'x' %}", "\"include\" is not supported"), ("{{ 1 | urlize }}", "'urlize'"),
      ("{% for x in y recursive %}{% endfor %}", "recursive"), ("{{ [].append(1) }}", "append"),
      ("{{ 1 | nothing }}", "no filter named 'nothing'"),
      (
        "{% macro f() %}\n{{ 1 / 0 }}\n{% endmacro %}{{ f() }}",
        "line 2: the template cannot be rendered: float division"
      ),
      ("{% set a = 1 %}\n{{ a\n + none }}", "line 2"),
    ]
    for (source, reason) in cases {
      let message = failure(source)?.message ?? "no error"
      #expect(message.contains(reason), "\(message)")
    }
    #expect(failure("{{ 1 / 0 }}")?.kind == .invalidArgument)
    #expect(failure("{{ ")?.kind == .invalidFile)
    #expect(failure("{{ 9 ** 99 }}")?.kind == .unsupported)
  }

  @Test func variablesThatAreReadAreKnown() throws {
    let template = try Template(
      "{% macro f() %}{{ inner }}{% endmacro %}{{ f() }}{% if outer is defined %}{% endif %}", name: "x")
    #expect(template.reads("inner") && template.reads("outer") && !template.reads("other"))
  }
}
