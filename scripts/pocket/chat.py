"""Conversations to train the chat-tuned model on, drawn afresh, none with a question of a committed split.

With thinking, the model writes the worked answer between the markers of a thought, then the result; without, the
result at once. Loss falls on what the model has to produce alone.
"""

import random

import torch
from transformers import AutoTokenizer

from build_chat_tokenizer import FOLDER, THINKING
from generate import read_problems
from prompts import problem_question
from word_problems import Problem, draw_problem

END_OF_TURN = "<turn|>"
AT_ONCE, THOUGHT = range(2)
THINKING_SHARE = 0.6
HARNESS_SHARE = 0.4  # of the questions that stand between "Question:" and "Answer:"
SHOTS_SHARE, MOST_SHOTS = 0.08, 3
SUM_SHARE = 0.1
POOL_BATCHES = 8  # sorted by length before they are cut, so that little is padded


def draw_sum(generator):
    """A sum of two numbers, with its worked answer."""
    result = generator.randrange(2, 51)
    right = generator.randrange(1, result)
    left, operation = (result - right, "+") if generator.random() < 0.5 else (result, "-")
    value = left + right if operation == "+" else left - right
    return Problem(f"What is {left} {operation} {right}?",
                   f"{left}{operation}{right}=<<{left}{operation}{right}={value}>>{value}\n#### {value}")


def worked_and_result(problem):
    """The lines of a worked answer, and the line with the result."""
    worked, _, result = problem.answer.rpartition("\n")
    return worked, result


class ChatCorpus:
    """Batches by their index: the same ones on every run, wherever it starts."""

    def __init__(self, seed, rows):
        self.seed, self.rows = seed, rows
        self.tokenizer = AutoTokenizer.from_pretrained(FOLDER)
        self.held = {problem.question for split in ("train", "test") for problem in read_problems(split)}
        self.pool_index, self.pool = None, []

    def problem(self, generator):
        """A fresh problem, or a sum."""
        if generator.random() < SUM_SHARE:
            return draw_sum(generator)
        while True:
            problem = draw_problem(generator)
            if problem.question not in self.held:
                return problem

    def example(self, generator):
        """One conversation: (tokens given, tokens learned, kind)."""
        thinks = generator.random() < THINKING_SHARE
        shots = generator.randint(1, MOST_SHOTS) if generator.random() < SHOTS_SHARE else 0
        asked = problem_question if generator.random() < HARNESS_SHARE else lambda problem: problem.question
        worked_shots = generator.random() < 0.5
        messages = []
        for _ in range(shots):
            shot = self.problem(generator)
            messages += [{"role": "user", "content": asked(shot)},
                         {"role": "assistant", "content": shot.answer if worked_shots else worked_and_result(shot)[1]}]
        problem = self.problem(generator)
        messages.append({"role": "user", "content": asked(problem)})
        given = self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=thinks)
        worked, result = worked_and_result(problem)
        learned = (THINKING.format(worked) if thinks else "") + result + END_OF_TURN
        given, learned = self.tokenizer([given, learned], add_special_tokens=False).input_ids
        return given, learned, THOUGHT if thinks else AT_ONCE

    def batch(self, index):
        """Batch number `index`: tokens [B, T], and (flat position, kind, next token) of each target [N, 3]."""
        pool_index, place = divmod(index, POOL_BATCHES)
        if pool_index != self.pool_index:
            generator = random.Random(f"{self.seed} {pool_index}")
            examples = sorted((self.example(generator) for _ in range(POOL_BATCHES * self.rows)),
                              key=lambda example: len(example[0]) + len(example[1]))
            self.pool = [examples[start:start + self.rows] for start in range(0, len(examples), self.rows)]
            generator.shuffle(self.pool)
            self.pool_index = pool_index
        rows = self.pool[place]
        length = max(len(given) + len(learned) for given, learned, _ in rows)
        tokens, targets = torch.zeros(len(rows), length, dtype=torch.long), []
        for row, (given, learned, kind) in enumerate(rows):
            tokens[row, :len(given) + len(learned)] = torch.tensor(given + learned)
            begin = row * length + len(given) - 1
            targets += [(begin + offset, kind, token) for offset, token in enumerate(learned)]
        return tokens, torch.tensor(targets)
