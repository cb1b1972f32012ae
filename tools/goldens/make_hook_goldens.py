"""What functions of lm-evaluation-harness's task files give for made-up documents: Tests/Goldens/descriptions/hooks.json.

  make_hook_goldens.py
"""

import importlib
import json
import pathlib

import datasets

PATH = pathlib.Path(__file__).resolve().parents[2] / "Tests/Goldens/descriptions/hooks.json"


def module(name):
    return importlib.import_module("lm_eval.tasks." + name)


HELLASWAG = [
    {"activity_label": "Feeding owls", "ctx_a": "  A keeper [step] walks.", "ctx_b": "éGLI Then SHE", "label": "2",
     "endings": [" [title] waits.  Long", "sits [a] down [b\n] there", "  runs", "x  y   z"]},
    {"activity_label": "Birds", "ctx_a": "One", "ctx_b": "", "label": "0", "endings": ["a", "b", "c", "d"]},
]
RACE = [
    {"article": "Owls hunt at night.", "problems": repr([
        {"question": "When?", "answer": "B", "options": ["day", "night", "noon", "dawn"]},
        {"question": "Owls hunt  _  .", "answer": "A", "options": ["mice", "it's \"hay\"", "c", "d"]},
        {"question": "Why do they  _  ?", "answer": "D", "options": ["a", "b", "c", "hunger"]}])},
]
COPA = [
    {"premise": " The owl woke. ", "choice1": "It was dark.", "choice2": "Élan grew.", "question": "cause", "label": 0},
    {"premise": "It rained.", "choice1": "The toad sang.", "choice2": "The owl slept.", "question": "effect", "label": 1},
]
MMLU_PRO = [
    {"question": "Which?", "options": [" one", "two "] + [f"o{i}" for i in range(10)], "answer": "A", "category": "biology",
     "cot_content": "A: Let's think step by step. One and one. The answer is (A)."},
]
WIKITEXT = [
    {"page": " = Owls = \n \n The owl 's call ( \" hu \" ) was 1 @,@ 000 @.@ 5 m @-@ long ; it 's N ' x ' away . \n [ note ] 5 \u00b0 N { a }\n = = Nests = = \n Keepers ' birds"},
]
MATH_TEXTS = [
    "\\frac12", "\\dfrac{1}{2}", "0.5", ".5", "1/2", " 1 / 2", "x = 5", "5", "\\sqrt3", "\\sqrt{3}", "5\\text{ cm}", "50\\%",
    "90^\\circ", "\\left(1,2\\right)", "(1, 2)", "a/b", "", "\\frac", "\\sqrt", "\\text{ a}\\text{ b}", "\\frac1{72}", "10,000",
    "\\$5", "k=2=3", "3/4/5",
]
MATH = [
    {"problem": "p", "solution": "So it is $\\boxed{\\frac{1}{2}}$ then."},
    {"problem": "p", "solution": "First \\boxed{1}, last \\boxed{x = {5}}."},
    {"problem": "p", "solution": "It is $\\boxed 7$."},
    {"problem": "p", "solution": "\\boxed{\\sqrt{3}}"},
]
MATH_ANSWERS = ["$\\frac12$", "the $a$ and $0.5$", "0.5", "$5$ is $x=5$", "7", " 7 ", "$\\sqrt3$", "no"]
AGIEVAL = [
    "The answer is \\boxed{x=12}.", "so $a=3$ or $b = 4$", "we get x = 5.", "there are 12 and 7.50 birds", "none",
    "$\\frac12$", "\\boxed{", "y = 1/2",
]
DROP = [
    {"query_id": "q1", "passage": "p", "question": "q",
     "answer": {"number": "", "date": {"day": "", "month": "", "year": ""}, "spans": ["the Red-tailed owl", "A newt"]},
     "validated_answers": {"number": ["12", "12"], "date": [{"day": "", "month": "", "year": ""}] * 2, "spans": [[], []]}},
    {"query_id": "q2", "passage": "p", "question": "q",
     "answer": {"number": "", "date": {"day": "3", "month": "May", "year": ""}, "spans": []},
     "validated_answers": {"number": [], "date": [], "spans": []}},
    {"query_id": "q3", "passage": "p", "question": "q",
     "answer": {"number": "1,000.50", "date": {"day": "", "month": "", "year": ""}, "spans": []},
     "validated_answers": {"number": [""], "date": [{"day": "", "month": "", "year": ""}], "spans": [["two birds of 7"]]}},
]
DROP_ANSWERS = ["red tailed Owl", "12", "12.0", "3 May", "may 3", "1,000.50", "1000.5", "two birds", "7 birds", "", "a the"]
BBH = [{"input": "Pick one.\nOptions:\n(A) Owl\n(B) Owl of Rome\n(C) newt, wet"}, {"input": "Sort. List: oak elm ash fir"}]
BBH_TEXTS = [
    "It is (B).", "the owl of rome", "Owl", "newt wet", "Answer: C", "nothing", "yes it is", "Not plausible", "I count 12.",
    "twenty one birds", "one hundred and fourteen", "two thousand", "fourteen", "six", "ash elm fir oak", "oak, then ash ash elm",
]

ARC = [
    {"id": "a", "question": "Which bird hunts?", "choices": {"text": ["owl", "b", "c", "d"], "label": ["A", "B", "C", "D"]}, "answerKey": "C"},
    {"id": "b", "question": "Which?", "choices": {"text": ["a", "b", "c", "d"], "label": ["1", "2", "3", "4"]}, "answerKey": "4"},
    {"id": "c", "question": "Which?", "choices": {"text": ["a", "b", "c"], "label": ["A", "B", "C"]}, "answerKey": "A"},
]
TRUTHFUL = [
    {"question": "  How many owls fit in a nest? ", "best_answer": "Four or five owls fit.",
     "correct_answers": ["Four or five owls fit in a nest", " About 4.5 owls, on average. ", ""],
     "incorrect_answers": ["No owl fits", "One thousand owls fit in a nest.", " "]},
    {"question": "Why?", "best_answer": "b", "correct_answers": ["I have no comment.", "Owls hoot . They also hunt . Newts do not"],
     "incorrect_answers": ["Newts hunt. Owls don't (ever) . They hoot", "It costs $5 — \u201cas always\u201d"]},
]
TRUTHFUL_TEXTS = [
    "", "Four or five owls fit in a nest.", " No owl fits in a nest, I think.", "I have no comment.", "owls owls OWLS owls hunt",
    "They also hunt . Owls hoot . Newts do not hoot", "It costs $5 \u2014 \u201cas always\u201d, or 4.5\u20ac; 10% (ever) \u00e9l\u00e9gant",
    "About 4.5 owls\non average.\n\nFour or five", "x",
]


def values(function, documents):
    return [function(document) for document in documents]


def rows(function, documents):
    return list(function(datasets.Dataset.from_list(documents)))


def main():
    race, copa = module("race.preprocess_race"), module("super_glue.copa.utils")
    pro, wiki = module("mmlu_pro.utils"), module("wikitext.preprocess_wikitext")
    math, agieval, drop = module("hendrycks_math.utils"), module("agieval.utils"), module("drop.utils")
    bbh, truthful = module("bbh.zeroshot.utils"), module("truthfulqa.utils")
    truthful_rows = rows(truthful.process_docs_gen, TRUTHFUL)
    drop_rows = rows(drop.process_docs, DROP)

    def filtered(filter):
        return [[found[0] for found in filter.apply([[text]], [document])] for document in BBH[:1] for text in BBH_TEXTS]

    mapped = {"\\b(no|not)\\b": "no", "\\b(yes|plausible)\\b": "yes"}
    made = {
        "hellaswag": {"documents": HELLASWAG, "rows": rows(module("hellaswag.utils").process_docs, HELLASWAG)},
        "race": {"documents": RACE, "text": values(race.doc_to_text, RACE), "target": values(race.doc_to_target, RACE),
                 "choices": values(race.doc_to_choice, RACE)},
        "copa": {"documents": COPA, "text": values(copa.doc_to_text, COPA), "target": values(copa.doc_to_target, COPA),
                 "choices": values(copa.doc_to_choice, COPA)},
        "mmlu_pro": {"documents": MMLU_PRO, "text": values(pro.doc_to_text, MMLU_PRO),
                     "target": values(pro.fewshot_to_target, MMLU_PRO)},
        "wikitext": {"documents": WIKITEXT, "text": values(wiki.wikitext_detokenizer, WIKITEXT),
                     "results": [wiki.process_results(document, (-12.5,)) for document in WIKITEXT]},
        "math": {"documents": MATH, "rows": rows(math.process_docs, MATH), "answers": MATH_ANSWERS,
                 "results": [[math.process_results(document, [text])["exact_match"] for text in MATH_ANSWERS]
                             for document in MATH],
                 "texts": MATH_TEXTS,
                 "equal": [[int(math.is_equiv(a, b)) for b in MATH_TEXTS] for a in MATH_TEXTS]},
        "agieval": {"texts": AGIEVAL,
                    "equal": [[int(agieval.is_equiv(a, b)) for b in AGIEVAL] for a in AGIEVAL],
                    "choices": agieval.process_results_mcqa(
                        {"gold": [1, 2], "choices": ["a", "longer one", "bc"]}, [(-3.0, False), (-5.0, False), (-4.0, False)])},
        "drop": {"documents": DROP, "rows": drop_rows, "answers": DROP_ANSWERS,
                 "results": [[drop.process_results(document, [text]) for text in DROP_ANSWERS] for document in drop_rows]},
        "arc_llama": {"documents": ARC, "rows": rows(module("llama3.instruct.arc_challenge.utils").process_docs, ARC)},
        "truthfulqa": {"documents": TRUTHFUL, "rows": truthful_rows, "texts": TRUTHFUL_TEXTS,
                       "results": [[{key: float(value) for key, value in truthful.process_results_gen(document, [text]).items()}
                                    for text in TRUTHFUL_TEXTS] for document in truthful_rows]},
        "bbh": {"documents": BBH, "texts": BBH_TEXTS,
                "choice": filtered(bbh.MultiChoiceRegexFilter(
                    regex_pattern="(\\([A-Z]\\))", ignore_case=True, ignore_punctuation=True)),
                "mapped": filtered(bbh.MapRegexFilter(regex_pattern_to_value=mapped, ignore_case=True)),
                "map": mapped,
                "sorted": [bbh.WordSortFilter().apply([[text]], BBH[1:])[0] for text in BBH_TEXTS]},
    }
    try:
        made["bbh"]["numbers"] = filtered(bbh.NumberParseRegexFilter(regex_pattern="(\\d+)"))
    except ImportError as error:
        print("no numbers in words:", error)
    PATH.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
