"""The prompt forms, as lm-evaluation-harness builds them for MMLU and GSM8K."""

import random

from multiple_choice import LETTERS

SHOTS = 5
FEW_SHOT_SEED = 1234


def choice_header(subject):
    """The description that opens every MMLU prompt."""
    return f"The following are multiple choice questions (with answers) about {subject.replace('_', ' ')}.\n\n"


def choice_question(item):
    """One item up to and including "Answer:"."""
    choices = "".join(f"{letter}. {choice}\n" for letter, choice in zip(LETTERS, item.choices))
    return f"{item.question.strip()}\n{choices}Answer:"


def choice_prompt(item, shots):
    """The whole MMLU context of an item: header, answered shots, question."""
    answered = "".join(f"{choice_question(shot)} {LETTERS[shot.answer]}\n\n" for shot in shots)
    return choice_header(item.subject) + answered + choice_question(item)


def problem_question(problem):
    """One problem up to and including "Answer:"."""
    return f"Question: {problem.question}\nAnswer:"


def problem_prompt(problem, shots):
    """The whole GSM8K context of a problem: answered shots, question."""
    answered = "".join(f"{problem_question(shot)} {shot.answer}\n\n" for shot in shots)
    return answered + problem_question(problem)


def problem_prompts(problems, pool):
    """The prompts of all problems in order: one generator for the task, five draws a problem."""
    generator = random.Random(FEW_SHOT_SEED)
    return [problem_prompt(problem, generator.sample(pool, SHOTS)) for problem in problems]
