"""Which answers math-verify takes for equal: Tests/Goldens/descriptions/mathematics.json.

  make_math_goldens.py        (pip install math-verify==0.9.0 sympy==1.14.0 antlr4-python3-runtime==4.13.2)

math-verify has a grammar for each version of antlr, and they differ: that of 4.11, which lm-evaluation-harness asks for, loses the
sign of per cent, so that 50% is not 0.5 there. The pairs are judged by that of 4.13.2, which math-verify installs by itself.

Each pair is a right answer and one that is judged, both in LaTeX. Numbers are rounded to nine decimals, so that a decimal is not
taken for the fraction that it only begins like. Pairs that the two judge differently on purpose are in
Tests/Units/TasksTests/Mathematics, each with its reason.
"""

import importlib.metadata
import json
import logging
import pathlib
import sys

from math_verify import parse, verify

PATH = pathlib.Path(__file__).resolve().parents[2] / "Tests/Goldens/descriptions/mathematics.json"

PAIRS = [
    # Numbers
    ("5", "5"), ("5", "5.0"), ("5", "05"), ("-5", "5"), ("0.5", r"\frac{1}{2}"), (r"\frac{1}{2}", "0.5"), (r"\frac12", r"\dfrac{1}{2}"),
    (r"\frac{1}{2}", "1/2"), (r"\frac{2}{4}", r"\frac{1}{2}"), (r"-\frac{3}{4}", r"\frac{-3}{4}"), (r"\frac{3}{-4}", "-0.75"),
    (r"\frac{1}{3}", "0.33"), (r"\frac{1}{3}", "0.3333333333333"), ("10,000", "10000"), ("10000", r"10,\!000"), ("1{,}234", "1234"),
    ("1234567", "1,234,567"), ("3.14", r"\pi"), ("100", "1e2"), (".25", r"\frac{1}{4}"), (r"2\frac{1}{2}", r"\frac{5}{2}"),
    (r"\frac{7}{3}", r"2\frac{1}{3}"), ("7", "8"), ("0", r"\sin(\pi)"), ("123456789012345678901234567890", "123456789012345678901234567891"),
    (r"\frac{\frac{1}{2}}{3}", r"\frac{1}{6}"), ("2^{10}", "1024"), (r"2^{-3}", r"\frac18"),
    ("10^{-3}", "0.001"), ("4!", "24"), (r"\binom{5}{2}", "10"), (r"\binom{10}{3}", "121"), ("3 \\cdot 4", "12"), (r"3 \times 10^5", "300000"),
    ("6 \\div 3", "2"), ("1+2+3", "6"), ("2(3+4)", "14"), ("-(-3)", "3"), (r"\left(\frac{2}{3}\right)^2", r"\frac{4}{9}"),
    # Roots, pi, logarithms, functions
    (r"\sqrt{12}", r"2\sqrt{3}"), (r"2\sqrt3", r"\sqrt{12}"), (r"\sqrt{2}", "1.41421356237310"), (r"\sqrt{2}", "1.414"),
    (r"\frac{1}{\sqrt{2}}", r"\frac{\sqrt{2}}{2}"), (r"\sqrt[3]{8}", "2"), (r"\sqrt[3]{16}", r"2\sqrt[3]{2}"), (r"3\pi", r"\pi \cdot 3"),
    (r"\frac{\pi}{2}", r"0.5\pi"), (r"\pi", "3.14159"), (r"4\pi^2", r"(2\pi)^2"), (r"\ln 2", r"\ln{2}"), (r"\ln(e^2)", "2"), (r"\log_2 8", "3"),
    (r"\log_{10} 100", "2"), ("e^2", "e^{2}"), (r"\sin 30", r"\sin(30)"), (r"\cos\frac{\pi}{3}", r"\frac12"), (r"\tan\frac{\pi}{4}", "1"),
    (r"\arctan 1", r"\frac{\pi}{4}"), (r"1+\sqrt{5}", r"\sqrt5+1"), (r"\frac{1+\sqrt{5}}{2}", r"\frac{2}{\sqrt{5}-1}"),
    (r"|{-3}|", "3"), (r"\lfloor 3.7 \rfloor", "3"), (r"\lceil 3.2 \rceil", "4"), (r"\sqrt{3}-\sqrt{2}", r"\sqrt{2}-\sqrt{3}"),
    # Units, percent, money, degrees
    (r"5\text{ cm}", "5"), (r"5", r"5\text{ cm}"), (r"12\text{ cm}^2", "12"), (r"90^\circ", "90"), ("90", r"90^{\circ}"), (r"50\%", "50"),
    (r"50\%", "0.5"), ("50", r"50\%"), (r"\$5", "5"), (r"\$18.90", "18.9"), ("3", r"3\text{ hours}"), (r"25\%", r"\frac{1}{4}"), ("6", "6 cm"),
    # Terms with symbols
    ("x+1", "1+x"), ("2x", "x+x"), ("x^2-1", "(x-1)(x+1)"), ("x^2-1", "(x-1)^2"), (r"\frac{x}{2}", "0.5x"), ("xy", "yx"), ("2xy", r"2 y \cdot x"),
    ("x", "y"), ("a+b", "b+a"), (r"\frac{a}{b}", "a/b"), ("n(n+1)/2", r"\frac{n^2+n}{2}"), (r"\frac{x^2-1}{x-1}", "x+1"),
    (r"x^{2}", "x^2"), (r"\sqrt{x^2}", "x"), ("2^{n+1}", r"2\cdot 2^n"), (r"\frac{1}{x}+\frac{1}{y}", r"\frac{x+y}{xy}"), ("x_1+x_2", "x_2+x_1"),
    (r"\theta", r"\theta"), (r"\alpha+\beta", r"\beta+\alpha"), ("-x", "x"), ("3x^2+2x+1", "1+2x+3x^2"), ("3x^2", "3x^3"), (r"\sin^2 x + \cos^2 x", "1"),
    ("(x+2)(x-3)", "x^2-x-6"), (r"\frac{3x}{4}", r"\frac{3}{4}x"), ("ab", "a+b"),
    # Complex numbers
    ("3+4i", "4i+3"), ("3+4i", "3-4i"), ("6-5i", "6 - 5i"), ("-2i", "2i"),
    # Equations
    ("x=5", "5"), ("5", "x=5"), ("x=5", "x = 5"), ("x=5", "y=5"), ("y=2x+3", "y=3+2x"), ("y=2x+3", "2x-y+3=0"), ("2x+y=3", "y=3-2x"),
    ("x+y=1", "x-y=1"), ("2+3=5", "5"), ("x=2+3=5", "5"), ("f(x)=2x", "2x"), ("x^2+y^2=1", "y^2+x^2=1"), ("x^2+y^2=1", "2x^2+2y^2=2"),
    # Tuples, lists, sets
    ("(1,2)", "(1, 2)"), ("(1,2)", "(2,1)"), ("(1,2)", r"\left( 1,2 \right)"), (r"(\frac{1}{2},3)", "(0.5,3)"), ("(1,2,3)", "(1,2)"),
    ("1,2", "2,1"), ("1, 2, 3", "3, 2, 1"), ("1,2", "1,3"), (r"\{1,2\}", r"\{2,1\}"), (r"\{1,2\}", "1,2"), (r"\{1,2,3\}", r"\{1,2\}"),
    (r"1 \text{ and } 2", "1, 2"), (r"1 \text{ or } 2", "2, 1"), ("x=1, x=2", "1, 2"), (r"\{\frac12, \sqrt{4}\}", r"\{2, 0.5\}"),
    ("(1,2)", "1,2"), (r"\{5\}", "5"), ("(x,y)=(1,2)", "(1,2)"), (r"(-1,3,\pi)", r"(-1,3,\pi)"), (r"\{-2,3\}", r"\{3,2\}"),
    # Plus and minus
    (r"\pm 2", "2,-2"), (r"\pm 2", r"\{-2,2\}"), (r"1 \pm \sqrt{2}", r"1+\sqrt{2}, 1-\sqrt{2}"), (r"\pm 2", "2"),
    # Intervals
    ("[2,5)", "[2,5)"), ("[2,5)", "(2,5)"), ("[2,5)", r"\left[2,5\right)"), (r"(-\infty,3]", r"(-\infty, 3]"), ("[0,1]", "[0,1)"),
    (r"(-\infty,0)\cup(1,\infty)", r"(1,\infty)\cup(-\infty,0)"), (r"(-\infty,0)\cup(1,\infty)", r"(-\infty,0)\cup[1,\infty)"),
    (r"[\frac12, \infty)", r"[0.5,\infty)"), (r"x \in [2,5)", "[2,5)"), ("2 < x < 5", "(2,5)"), (r"x \ge 3", r"[3,\infty)"), ("x>3", "3<x"),
    ("x>3", "x<3"), (r"x \le 3", r"x \leq 3"), ("x+1>4", "x>3"), ("-x>3", "x<-3"),
    # Matrices
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix}1&3\\2&4\end{pmatrix}"),
    (r"\begin{pmatrix}\frac12\\3\end{pmatrix}", r"\begin{pmatrix}0.5\\3\end{pmatrix}"),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1&2\end{pmatrix}"),
    # Words
    (r"\text{Evelyn}", "Evelyn"), (r"\text{Evelyn}", r"\text{Angela}"), (r"\text{even}", r"\text{odd}"), (r"\text{(C)}", "C"), ("C", r"\text{C}"),
    ("B", "C"), (r"\text{June 20}", r"\text{June 20}"), (r"\text{June 20}", r"\text{June 21}"),
    # As problems of competitions have them
    (r"\frac{14}{3}", r"\frac{14}{3} \text{ units}"), (r"\frac{243}{625}", "0.3888"), (r"2^{2004}-1", r"2^{2004} - 1"), ("2^{200}", r"2 \cdot 2^{199}"),
    ("2^{200}", "2^{201}"), (r"\frac{9!}{3!}", "60480"), (r"\sqrt{2+\sqrt{3}}", r"\frac{\sqrt{6}+\sqrt{2}}{2}"), (r"3\sqrt{13}", r"\sqrt{117}"),
    ("3\\sqrt{13}", "13\\sqrt{3}"), (r"\log_{2}{3}", r"\frac{\ln 3}{\ln 2}"), (r"\left(3,\frac{\pi}{2}\right)", r"(3, \pi/2)"), (r"[-2,7]", r"[ -2, 7 ]"),
    (r"\frac{3\sqrt{3}}{4}", r"\frac{3}{4}\sqrt{3}"), ("1,-2", "-2,1"), (r"5.4 \text{ cents}", "5.4"), (r"\$32,\!348", "32348"), (r"x \in \{1,2\}", r"\{2,1\}"),
    ("(6,31,-1)", "(6,31,-1)"), ("4343_6", "4343_6"), (r"\frac{4}{3}\pi", r"\frac{4\pi}{3}"), ("p - q", "q - p"), ("p-q", "-(q-p)"),
    ("y^4-2y^3+7y^2+y-5", "y^4 - 2y^3 + 7y^2 + y - 5"), ("y^4-2y^3+7y^2+y-5", "y^4 - 2y^3 + 7y^2 + y + 5"), ("2k+2", "2(k+1)"), (r"11\sqrt2", r"\sqrt{242}"),
    (r"\frac{x+2}{7}", r"\frac17 x + \frac27"), (r"60^\circ", r"60 \text{ degrees}"), ("3, 5, 7", "3, 7, 5"), ("(-\\infty, -2) \\cup (2, \\infty)", "(-\\infty,-2)\\cup(2,\\infty)"),
    (r"\frac{\sqrt{2}}{2}", r"\sin\frac{\pi}{4}"), (r"\sqrt{5}+\sqrt{3}", r"\frac{2}{\sqrt5-\sqrt3}"), (r"\text{ellipse}", r"\text{hyperbola}"),
    (r"\text{no solution}", r"\text{no solution}"), (r"\emptyset", r"\{\}"), ("-8", "8"), ("0", "-0"), ("1000", "1,000.0"), (r"\frac{1}{2}, \frac{1}{3}", r"\frac13, \frac12"),
    (r"10\sqrt{2}+5", r"5(2\sqrt{2}+1)"), (r"x^3+3x-6", r"3x + x^3 - 6"), (r"\frac{1}{4}", "25"), (r"\frac{(n+1)(n+2)}{2}", r"\frac{n^2+3n+2}{2}"),
    (r"\sqrt{x+1}", r"(x+1)^{1/2}"), (r"e^{2x}", r"(e^x)^2"), (r"a^2-b^2", r"(a-b)(a+b)"), (r"6\pi - 9\sqrt{3}", r"-9\sqrt3+6\pi"), ("17", "17.0000"), ("1.5", r"1\frac{1}{2}"),
    (r"\frac{2 \sqrt{5}}{5}", r"\frac{2}{\sqrt{5}}"), (r"2+\sqrt{3}", r"\frac{1}{2-\sqrt{3}}"), (r"2+\sqrt{3}", r"2-\sqrt{3}"), (r"\frac{p}{q}", r"\frac{q}{p}"),
    # Boxes and decoration
    (r"\boxed{7}", "7"), ("7", r"\displaystyle 7"), (r"\frac{5}{6}", r"\tfrac56"), ("42", r"\mathbf{42}"), ("9", r"9."),
]


# A right answer, and what a model wrote.
RESPONSES = [
    ("7", r"We add 3 and 4. The answer is \boxed{7}."), ("7", r"We add 3 and 4. The answer is \boxed{8}."), (r"\frac{1}{2}", r"So $x = \boxed{\frac{1}{2}}$."),
    ("5", r"First \boxed{3}. That was wrong, and we must begin again with another idea, so it is \boxed{5}."),
    ("12", "The final answer is $12$. I hope it is correct."), ("[2,5)", "Final Answer: The final answer is $[2,5)$. I hope it is correct."),
    ("16", r"$n=480/30=\boxed{16}$" + "\nFinal Answer: The final answer is $16$. I hope it is correct."), ("24", "So it is 24."), ("24", "So it is 24, not 25."),
    ("3", r"Hence \[ x = 3 \]"), ("3", r"Hence \( x = 3 \) holds."), ("0.5", "Answer: 1/2"), ("42", "Answer: 42"), ("42", "**Answer:** 42"), ("42", "The answer is 42."),
    ("42", "The answer is: $42$"), ("1234", "The answer is 1,234."), ("-3", "It must be -3"), ("18", "She makes $18 every day."), ("1,2", "The answer is $1$ and $2$."),
    ("2", "The answer is $x = 2$."), (r"\sqrt{2}", "So the length is $\\sqrt{2}$ cm."), ("50", "It is 50%."), ("7", "I do not know."), ("7", ""), ("7", "$$7$$"),
    ("(1,2)", "The point is $(1,2)$."), ("8", r"\boxed{8}$ is the end"), ("11", r"The answer is $\boxed{11}$ units."),
    (r"\pi", r"The area is \boxed{\pi}"), ("x+1", r"The factor is \boxed{1+x}"), ("9", r"\boxed{ 9 }"), ("6", "6"), ("6", " 6\n"), ("17", "17 owls are left"),
    (r"\frac{15}{7}", r" #### \frac{15}{7}" + "\n"), (r"\frac{15}{7}", r"-\frac{15}{7}"), ("8", "The answer is (8)."), (r"\sqrt{9}", r"The answer is \sqrt{9}"),
    ("[29,\\infty)", r"The final answer is [29,\infty). I hope it is correct."), ("12", "3 * 4 = 12"), ("12", "It is 3 * 4"), ("7", "x=7"), ("7", "a-7"),
    ("1,2", r"\boxed{1}, \boxed{2}"), ("2", r"\boxed{1} was wrong, so in the end \boxed{2}"), ("2", r"\boxed{1} was wrong and so we begin again from the very first line of all this; now it is \boxed{2}"),
    ("5", "The answer is 5 apples, since there were 7."), ("7", "The answer is 5 apples, since there were 7."), ("9", "$5$ and then 9 more"), ("1234567", "It costs $1,234,567."),
    ("3", "The answer: 3\n\nQuestion: what is 5?"), ("4", r"final answer is: $4$, not $5$"), ("5", "final answer to this is $5$"), ("0.25", "We get 25 percent"), ("25", "We get 25 %"),
    (r"\frac{3}{4}", "(3/4)"), ("6", "**6**"), ("6", "Answer: **6**"), ("8", "5 + 3"), ("20", "The sum of 8 and 12 is 20!"), ("3", r"Thus \(x = 3\) and \(y = 4\)"), ("3,4", r"\(3\) and \(4\)"),
    ("2", r"\fbox{2}"), ("2", r"\boxed{2} and then $3$"), ("13", r"\boxed{13"), ("1/2", "1/2"), ("100", "one hundred"), ("5", "5."), ("-5", "The answer is -5."), ("5", "= 5"), ("B", r"\boxed{B}"),
    (r"\text{Monday}", r"\boxed{\text{Monday}}"), (r"\text{Monday}", "The answer is Monday"), ("3", "$3"), ("18", "So she makes 9 * 2 = $18 every day at the market."), ("x^2", r"$x^2$ is it"),
]


def parsed(text):
    return parse(f"${text}$")


def main():
    antlr = importlib.metadata.version("antlr4-python3-runtime")
    if antlr != "4.13.2":
        sys.exit(f"antlr4-python3-runtime is {antlr}, whose grammar judges otherwise; install 4.13.2")
    logging.disable(logging.CRITICAL)
    rows = [[gold, answer, int(verify(parsed(gold), parsed(answer), float_rounding=9))] for gold, answer in PAIRS]
    made = {"pairs": rows, "responses": [
        [gold, text, int(verify(parsed(gold), parse(text), float_rounding=9))] for gold, text in RESPONSES]}
    lines = [f' "{key}": [\n' + ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows) + "\n ]" for key, rows in made.items()]
    PATH.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    for key, rows in made.items():
        print(key, len(rows), "of which equal", sum(row[2] for row in rows))


if __name__ == "__main__":
    main()
