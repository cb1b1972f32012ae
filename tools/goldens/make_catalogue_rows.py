"""The made-up rows of the catalogue's data sets that have many configurations, and of those that generate: Tests/Goldens/catalogue.

  make_catalogue_rows.py

Each data set has the columns, types and nesting that it has on the Hub. Nothing in the rows is of a benchmark: questions are of
owls, tides and sums, and their answers follow from a few numbers.
"""

import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROWS = ROOT / "Tests/Goldens/catalogue"
NUMBERS = [(3, 4), (12, 7), (25, 16), (140, 9), (8, 31), (1234, 5)]


def write(path, rows):
    target = ROWS / f"{path}.jsonl"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def gsm8k():
    def row(a, b, **more):
        return {
            "question": f"A keeper has {a} owls and is given {b} more. How many owls does she have?",
            "answer": f"She has {a} + {b} = <<{a}+{b}={a + b}>>{a + b:,} owls.\n#### {a + b:,}",
        } | more

    write("openai/gsm8k/main/train", [row(a + 1, b) for a, b in NUMBERS])
    write("openai/gsm8k/main/test", [row(a, b) for a, b in NUMBERS])
    write("madrylab/gsm8k-platinum/main/test", [row(a, b + 2, cleaning_status="consensus") for a, b in NUMBERS + [(77, 2), (41, 1)]])


# The words of MGSM's prompts in each language, as its columns have them: question, answer, "The answer is".
MGSM = {
    "bn": ("প্রশ্ন: ", "ধাপে ধাপে উত্তর: ", "{a} + {b} = {c}। উত্তর হল {c}।", "{a}টি পেঁচা এবং {b}টি পেঁচা, মোট কতটি?"),
    "de": ("Frage: ", "Schritt-für-Schritt-Antwort: ", "{a} + {b} = {c}. Die Antwort lautet {c}.", "{a} Eulen und {b} Eulen, wie viele sind das?"),
    "en": ("Question: ", "Step-by-Step Answer: ", "{a} + {b} = {c}. The answer is {c}.", "{a} owls and {b} owls, how many are they?"),
    "es": ("Pregunta: ", "Respuesta paso a paso: ", "{a} + {b} = {c}. La respuesta es {c}.", "{a} búhos y {b} búhos, ¿cuántos son?"),
    "fr": ("Question : ", "Réponse étape par étape : ", "{a} + {b} = {c}. La réponse est {c}.", "{a} hiboux et {b} hiboux, combien cela fait-il ?"),
    "ja": ("問題：", "ステップごとの答え：", "{a} + {b} = {c}。答えは{c}です。", "フクロウが{a}羽と{b}羽います。全部で何羽ですか？"),
    "ru": ("Задача: ", "Пошаговое решение: ", "{a} + {b} = {c}. Ответ — {c}.", "{a} сов и {b} сов, сколько всего?"),
    "sw": ("Swali: ", "Jibu la Hatua kwa Hatua: ", "{a} + {b} = {c}. Jibu ni {c}.", "Bundi {a} na bundi {b}, jumla ni wangapi?"),
    "te": ("ప్రశ్న: ", "దశలవారీగా సమాధానం: ", "{a} + {b} = {c}. సమాధానం {c}.", "{a} గుడ్లగూబలు మరియు {b} గుడ్లగూబలు, మొత్తం ఎన్ని?"),
    "th": ("โจทย์: ", "คำตอบทีละขั้นตอน: ", "{a} + {b} = {c} คำตอบคือ {c}", "นกฮูก {a} ตัวกับ {b} ตัว รวมกี่ตัว?"),
    "zh": ("问题：", "逐步解答：", "{a} + {b} = {c}。答案是 {c}。", "{a}只猫头鹰和{b}只猫头鹰，一共多少只？"),
}


def mgsm():
    for language, (before, chain, answer, question) in MGSM.items():
        def row(a, b, is_example):
            numbers = {"a": a, "b": b, "c": a + b}
            return {
                "question": (before if is_example else "") + question.format(**numbers),
                "answer": chain + answer.format(**numbers) if is_example else None,
                "answer_number": a + b,
                "equation_solution": f"{a} + {b} = {a + b}." if is_example else None,
            }

        write(f"juletxara/mgsm/{language}/train", [row(a + 1, b, True) for a, b in NUMBERS[:4]])
        write(f"juletxara/mgsm/{language}/test", [row(a, b, False) for a, b in NUMBERS[:4]])


# Problem, solution's last sentence, answer.
MATH = [
    ("What is ${a}+{b}$?", "The sum is $\\boxed{{{c}}}$.", "{c}"),
    ("Write ${a}/{b}$ as a fraction.", "It is \\boxed{{\\frac{{{a}}}{{{b}}}}}.", "\\frac{{{a}}}{{{b}}}"),
    ("Where is $\\sqrt{{x-{a}}}$ real?", "For $x\\ge {a}$, that is $\\boxed{{[{a},\\infty)}}$.", "[{a},\\infty)"),
    ("How long is the side of a square of {b} square cm?", "It is $\\boxed{{\\sqrt{{{b}}}\\text{{ cm}}}}$.", "\\sqrt{{{b}}}\\text{{ cm}}"),
    ("Solve $x^2={b}$.", "So $x=\\boxed{{\\pm\\sqrt{{{b}}}}}$.", "\\pm\\sqrt{{{b}}}"),
]
SUBJECTS = {
    "algebra": "Algebra", "counting_and_probability": "Counting & Probability", "geometry": "Geometry",
    "intermediate_algebra": "Intermediate Algebra", "number_theory": "Number Theory", "prealgebra": "Prealgebra",
    "precalculus": "Precalculus",
}


def mathematics():
    def filled(item, number, shift):
        a, b = NUMBERS[number % len(NUMBERS)]
        return [text.format(a=a + shift, b=b, c=a + shift + b) for text in item]

    for shift, (subject, name) in enumerate(SUBJECTS.items()):
        for split, extra in (("train", 50), ("test", 0)):
            write(f"EleutherAI/hendrycks_math/{subject}/{split}", [
                {"problem": problem, "level": f"Level {number + 1}", "type": name, "solution": solution}
                for number, item in enumerate(MATH) for problem, solution, _ in [filled(item, number, shift + extra)]])
    write("HuggingFaceH4/MATH-500/default/test", [
        {"problem": problem, "solution": solution, "answer": answer, "subject": "Algebra", "level": number + 1,
         "unique_id": f"test/algebra/{number}.json"}
        for number, item in enumerate(MATH) for problem, solution, answer in [filled(item, number, 20)]])


def aime():
    sums = [(f"Find the remainder when ${a}\\cdot {b}$ is divided by $1000$.", a * b % 1000) for a, b in NUMBERS[:5]]
    write("math-ai/aime25/default/test", [
        {"problem": problem, "answer": str(answer), "id": str(number)} for number, (problem, answer) in enumerate(sums)])
    write("MathArena/aime_2026/default/train", [
        {"problem_idx": number + 1, "answer": answer, "problem": problem} for number, (problem, answer) in enumerate(sums)])
    write("Maxwell-Jia/AIME_2024/default/train", [
        {"ID": f"2024-I-{number + 1}", "Problem": problem, "Solution": f"It is {answer}.", "Answer": answer}
        for number, (problem, answer) in enumerate(sums)])


def choices(text, options):
    return text + "\nOptions:\n" + "\n".join(f"({letter}) {option}" for letter, option in zip("ABCDEFG", options))


YES = [(f"Are {a} owls more than {b}?\nOptions:\n- Yes\n- No", "Yes" if a > b else "No") for a, b in NUMBERS[:4]]
BIRDS = ["the owl", "the owl of Rome", "a newt, wet", "no bird"]
LETTERS = [(choices(f"Bird {a} sits left of bird {b}. Which one is it?", BIRDS), f"({'ABCD'[a % 4]})") for a, b in NUMBERS[:4]]
SIMPLE = {
    "boolean_expressions": [("not ( True ) and False is", "False"), ("True or not False is", "True"), ("not not False is", "False")],
    "causal_judgement": YES, "navigate": YES,
    "formal_fallacies": [(f"\"All {a} owls are wise. So {b} are.\" Valid?\nOptions:\n- valid\n- invalid", "valid" if a > b else "invalid")
                         for a, b in NUMBERS[:4]],
    "dyck_languages": [("Complete the rest of the sequence, making sure that the parentheses are closed properly. Input: [ { [", "] } ]"),
                       ("Complete the rest of the sequence, making sure that the parentheses are closed properly. Input: < ( )", ">")],
    "multistep_arithmetic_two": [(f"((-{a} + {b}) * 2) =", str((b - a) * 2)) for a, b in NUMBERS[:4]],
    "object_counting": [(f"I have {a} owls and {b} newts. How many animals do I have?", str(a + b)) for a, b in NUMBERS[:4]],
    "sports_understanding": [('Is the following sentence plausible? "Owl Oona scored a goal."', "yes"),
                             ('Is the following sentence plausible? "Newt Ned threw a tide."', "no")],
    "web_of_lies": [("Question: Oona tells the truth. Ned says Oona lies. Does Ned tell the truth?", "No"),
                    ("Question: Oona lies. Ned says Oona lies. Does Ned tell the truth?", "Yes")],
    "word_sorting": [("Sort the following words alphabetically: List: owl elm ash newt", "ash elm newt owl"),
                     ("Sort the following words alphabetically: List: tide bay", "bay tide")],
}


def bbh():
    import importlib.util

    folder = pathlib.Path(importlib.util.find_spec("lm_eval").origin).parent / "tasks/bbh/zeroshot"
    for path in sorted(folder.glob("[a-z]*.yaml")):
        rows = SIMPLE.get(path.stem, LETTERS)
        write(f"SaylorTwift/bbh/{path.stem}/test", [{"input": text, "target": target} for text, target in rows])


def drop():
    nothing = {"day": "", "month": "", "year": ""}

    def row(number, question, answer, validated):
        def full(number="", date=nothing, spans=()):
            return {"number": number, "date": date, "spans": list(spans)}

        others = [full(**one) for one in validated]
        return {
            "section_id": "bay_1", "query_id": f"q{number}",
            "passage": "In May 1901 the keeper counted 12 red-tailed owls and 7 newts in the bay; on 3 June he counted 1,000 birds.",
            "question": question, "answer": full(**answer) | {"worker_id": "", "hit_id": ""},
            "validated_answers": {key: [one[key] for one in others] for key in ("number", "date", "spans")}
            | {"worker_id": ["" for _ in others], "hit_id": ["" for _ in others]},
        }

    rows = [
        row(1, "How many animals were there in May?", {"number": "19"}, [{"number": "19"}, {"number": "20"}]),
        row(2, "When did he count birds?", {"date": {"day": "3", "month": "June", "year": ""}}, [{"spans": ["3 June"]}]),
        row(3, "Which animals did he count in May?", {"spans": ["the red-tailed owls", "newts"]}, [{"spans": ["owls", "newts"]}]),
        row(4, "How many birds were there in June?", {"number": "1000"}, [{"spans": ["1,000 birds"]}]),
    ]
    write("EleutherAI/drop/default/validation", rows)
    write("EleutherAI/drop/default/train", [
        row(11, "How many newts were there?", {"number": "7"}, [{"number": "7"}]),
        row(12, "What did he count?", {"spans": ["owls"]}, [{"spans": ["red-tailed owls"]}]),
        row(13, "How many owls were there?", {"number": "12"}, [{"number": "12"}])])


def trivia():
    def row(number, question, aliases):
        return {
            "question": question, "question_id": f"q_{number}", "question_source": "made up",
            "entity_pages": {"doc_source": [], "filename": [], "title": [], "wiki_context": []},
            "search_results": {"description": [], "filename": [], "rank": [], "title": [], "url": [], "search_context": []},
            "answer": {
                "aliases": aliases, "normalized_aliases": [alias.lower() for alias in aliases], "matched_wiki_entity_name": "",
                "normalized_matched_wiki_entity_name": "", "normalized_value": aliases[0].lower(), "type": "WikipediaEntity",
                "value": aliases[0]},
        }

    write("mandarjoshi/trivia_qa/rc.nocontext/validation", [
        row(1, "Which bird hunts at night", ["Owl", "The owl", "Owls"]), row(2, "What follows the moon", ["The tide", "Tides"]),
        row(3, "Who counts birds in the bay", ["O'Hara", "Keeper O'Hara"]), row(4, "Which tree has \"needles\"", ["Fir"])])
    write("mandarjoshi/trivia_qa/rc.nocontext/train", [
        row(11, "Which animal is wet", ["Newt"]), row(12, "Where is the tower", ["Rome", "In Rome"]),
        row(13, "What burns in the tower", ["A lamp", "The lamp"])])
    open_rows = [("which bird hunts at night", ["Owl", "the owl"]), ("what follows the moon", ["The tide"]),
                 ("who keeps the tower of rome", ["Ned", "Ned O'Hara"]), ("what is it that burns", ["a lamp"])]
    write("google-research-datasets/nq_open/default/validation", [{"question": text, "answer": answer} for text, answer in open_rows])
    write("google-research-datasets/nq_open/default/train", [
        {"question": text + " today", "answer": answer} for text, answer in open_rows[:3]])


def gpqa():
    fields = ["biology", "physics", "chemistry", "biology", "physics", "chemistry"]
    write("Idavidrein/gpqa/gpqa_diamond/train", [
        {"Record ID": f"rec{number}", "Question": f" What is {a} plus {b}\n", "Correct Answer": f"{a + b}\n",
         "Incorrect Answer 1": f" {a + b + 1}  owls", "Incorrect Answer 2": f"{a} [title] and {b}", "Incorrect Answer 3": f"{a * b}",
         "Explanation": "Add them.", "Subdomain": "sums", "High-level domain": field}
        for number, ((a, b), field) in enumerate(zip(NUMBERS, fields))])


def mmlu():
    import importlib.util

    folder = pathlib.Path(importlib.util.find_spec("lm_eval").origin).parent / "tasks/mmlu/continuation"
    for shift, path in enumerate(sorted(folder.glob("mmlu_*.yaml"))):
        subject = path.stem.removeprefix("mmlu_")

        def row(a, b, place):
            others = [f"{a + b + 1} owls", f"{a * b + 200} newts", f" {a} or {b}"]
            return {
                "question": f"What is {a} plus {b} in {subject.replace('_', ' ')}?" + ("  \n" if b == 7 else ""), "subject": subject,
                "choices": others[:place] + [f"{a + b}"] + others[place:], "answer": place}

        write(f"cais/mmlu/{subject}/dev", [row(a + shift, b + 1, number % 4) for number, (a, b) in enumerate(NUMBERS[:5])])
        write(f"cais/mmlu/{subject}/test", [row(a + shift, b, (number + shift) % 4) for number, (a, b) in enumerate(NUMBERS[:2])])


def humaneval():
    def row(number, name, words, solution, tests):
        return {
            "task_id": f"Owls/{number}", "prompt": f'\n\ndef {name}(a: int, b: int) -> int:\n    """ {words} """\n',
            "canonical_solution": solution, "entry_point": name,
            "test": "\n\ndef check(candidate):\n" + "".join(
                f"    assert candidate({a}, {b}) == {value}\n" for (a, b), value in zip(NUMBERS, tests))}

    write("openai/openai_humaneval/default/test", [
        row(0, "add", "The owls of a keeper who has a and is given b.", "    return a + b\n", [a + b for a, b in NUMBERS]),
        row(1, "share", "How many owls each of b nests has, if a owls share them.", "    return a // b\n", [a // b for a, b in NUMBERS]),
        row(2, "left", "How many owls have no nest.", "    if a > b:\n        return a - b\n    return 0\n",
            [max(a - b, 0) for a, b in NUMBERS]),
        row(3, "digits", "The digits of a times b, added.", "    return sum(int(digit) for digit in str(a * b))\n",
            [sum(map(int, str(a * b))) for a, b in NUMBERS]),
        row(4, "tides", "The larger of both tides.", "    return max(a, b)\n", [max(a, b) for a, b in NUMBERS]),
        row(5, "wings", "Two wings for each of a owls and b herons.", "    return 2 * (a + b)\n", [2 * (a + b) for a, b in NUMBERS]),
    ])


def main():
    for make in (gsm8k, mgsm, mathematics, aime, bbh, drop, trivia, gpqa, mmlu, humaneval):
        make()


if __name__ == "__main__":
    main()
