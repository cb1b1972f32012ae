"""Training rows: fresh items packed tightly in the evaluation's own forms, never one of a committed split.

Every row starts with <bos>. Loss falls only on what a model has to produce: the letter of each answered item, the worked
answer of each problem (with the line break and "Question:" that end it), the end of each drill.
"""

from dataclasses import dataclass, field

import numpy
import sentencepiece

from build_tokenizer import FOLDER
from drills import draw_drill
from generate import read_items, read_problems
from multiple_choice import LETTERS, SUBJECTS, draw_item
from prompts import choice_header, choice_question, problem_question
from word_problems import draw_problem

BOS, PAD = 2, 0
CHOICE, PROBLEM, DRILL = range(3)
SUBJECT_NAMES = list(SUBJECTS)


@dataclass
class Row:
    """Tokens; for each position whose next token counts, (position, kind, subject index); for the end of each choice,
    (position, choice, whether it holds)."""

    tokens: list = field(default_factory=lambda: [BOS])
    targets: list = field(default_factory=list)
    marks: list = field(default_factory=list)


def holds_so_far(item, choice):
    """Whether a choice is right as far as a reader can tell at its end: for comparisons, against those before it."""
    if item.subject != "number_comparison":
        return choice == item.answer
    best = max if "largest" in item.question else min
    numbers = [int(text) for text in item.choices[:choice + 1]]
    return best(numbers) == numbers[-1]


class Corpus:
    """An endless source of batches, drawn from one generator."""

    def __init__(self, generator, largest):
        self.generator, self.largest = generator, largest
        self.processor = sentencepiece.SentencePieceProcessor(str(FOLDER / "tokenizer.model"))
        self.held_items = {item.identity() for subject in SUBJECTS for split in ("dev", "test")
                           for item in read_items(subject, split)}
        self.held_questions = {problem.question for split in ("train", "test") for problem in read_problems(split)}

    def item(self, subject):
        """A fresh item of a subject."""
        while True:
            item = draw_item(subject, self.generator)
            if item.identity() not in self.held_items:
                return item

    def problem(self):
        """A fresh problem."""
        problem = draw_problem(self.generator, self.largest)
        while problem.question in self.held_questions:
            problem = draw_problem(self.generator, self.largest)
        given = problem_question(problem).removeprefix("Question:")
        return given, f" {problem.answer}\n\nQuestion:"

    def choice_row(self, length, subject, spoken):
        """A row of items of one subject under its header; the spoken form says the choice before its letter."""
        row = Row()
        kind = DRILL if spoken else CHOICE
        row.tokens += self.processor.encode(choice_header(subject))
        while True:
            item = self.item(subject)
            question, *lines = choice_question(item).split("\n")
            learned = f" {item.choices[item.answer]}, {LETTERS[item.answer]}" if spoken else f" {LETTERS[item.answer]}"
            texts = [question + "\n", *[line + "\n" for line in lines[:-1]], "Choice:" if spoken else lines[-1], learned]
            pieces = self.processor.encode(texts)
            if len(row.tokens) + sum(map(len, pieces)) > length:
                return row
            for index, piece in enumerate(pieces[:-1]):
                row.tokens += piece
                if 1 <= index <= 4:
                    row.marks.append((len(row.tokens) - 1, index - 1, int(holds_so_far(item, index - 1))))
            row.targets += [(len(row.tokens) - 1 + offset, kind, -1 if spoken else SUBJECT_NAMES.index(subject))
                            for offset in range(len(pieces[-1]))]
            row.tokens += pieces[-1] + self.processor.encode("\n\n")

    def text_row(self, length, draw, kind, start):
        """A row of (given text, learned text) pairs."""
        row = Row()
        row.tokens += self.processor.encode(start)
        while True:
            given, learned = self.processor.encode(list(draw()))
            if len(row.tokens) + len(given) + len(learned) > length:
                return row
            begin = len(row.tokens) + len(given) - 1
            row.targets += [(begin + offset, kind, -1) for offset in range(len(learned))]
            row.tokens += given + learned

    def batch(self, counts, length, subjects, spoken_share):
        """Rows of each kind: (tokens [B, T], targets [N, 4], marks [M, 3]) with flat positions.

        A target is (position, kind, subject index, next token); a mark is (position, choice, whether it holds).
        """
        rows = [self.choice_row(length, self.generator.choice(subjects), self.generator.random() < spoken_share)
                for _ in range(counts[CHOICE])]
        rows += [self.text_row(length, self.problem, PROBLEM, "Question:") for _ in range(counts[PROBLEM])]
        rows += [self.text_row(length, lambda: draw_drill(self.generator, self.largest), DRILL, "") for _ in range(counts[DRILL])]
        tokens, targets, marks = numpy.full((len(rows), length), PAD, dtype=numpy.int64), [], []
        for index, row in enumerate(rows):
            cut = row.tokens[:length]
            tokens[index, :len(cut)] = cut
            targets += [(index * length + position, kind, subject, cut[position + 1])
                        for position, kind, subject in row.targets]
            marks += [(index * length + position, choice, holds) for position, choice, holds in row.marks]
        return tokens, numpy.array(targets, dtype=numpy.int64), numpy.array(marks, dtype=numpy.int64)
