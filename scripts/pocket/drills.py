"""Short training lines beside the two task forms: facts and sums said plainly, as (given text, text to learn)."""

import re

from multiple_choice import ALPHABET, FACTS
from vocabulary import ISLANDS, KINDS, OPPOSITES


def fact(random):
    """One fact of the invented world."""
    island = random.choice(ISLANDS)
    relation, sentence = random.choice([
        ("capital", "The capital of {} is"), ("flag", "The flag of {} is"),
        ("crop", "People on {} grow"), ("festival", "The festival of {} is in")])
    return sentence.format(island), f" {FACTS[relation, island]}.\n"


def opposite(random):
    """A pair of opposites, either way round."""
    pair = random.choice(OPPOSITES)
    asked, right = pair if random.random() < 0.5 else pair[::-1]
    return f"The opposite of {asked} is", f" {right}.\n"


def kind(random):
    """A word and its kind."""
    name = random.choice(sorted(KINDS))
    return f"The {random.choice(KINDS[name])} is of the kind", f" {name}.\n"


def alphabet(random):
    """Neighbours in the alphabet."""
    index = random.randrange(25)
    if random.random() < 0.5:
        return f"Right after {ALPHABET[index]} comes", f" {ALPHABET[index + 1]}.\n"
    return f"Right before {ALPHABET[index + 1]} comes", f" {ALPHABET[index]}.\n"


def wide_arithmetic(random):
    """A sum in the spaced form of the questions or the tight form of the worked steps."""
    operation = random.choice("++--*/")
    if operation == "+":
        left, right = random.choice([random.randrange(2, 100), random.randrange(2, 400)]), random.randrange(2, 80)
        result = left + right
    elif operation == "-":
        result, right = random.choice([random.randrange(100), random.randrange(400)]), random.randrange(2, 80)
        left = result + right
    else:
        left, right = random.randrange(2, 10), random.choice([random.randrange(2, 10), random.randrange(2, 30)])
        result = left * right
        if operation == "/":
            left, result = result, left
    if random.random() < 0.3 and operation != "/":
        return f"What is {left} {operation} {right}? It is", f" {result}.\n"
    return f"{left}{operation}{right}=<<{left}{operation}{right}", f"={result}>>{result}\n"


def arithmetic(random, largest):
    """A sum with no number above `largest`."""
    while True:
        given, learned = wide_arithmetic(random)
        if largest is None or max(map(int, re.findall(r"\d+", given + learned))) <= largest:
            return given, learned


def sequence(random):
    """A row of numbers in equal steps and the number after it."""
    step, start = random.randrange(1, 10), random.randrange(0, 40)
    row = [start + step * index for index in range(5)]
    if random.random() < 0.4:
        row.reverse()
    return f"{row[0]}, {row[1]}, {row[2]}, {row[3]},", f" {row[4]}.\n"


DRILLS = (fact, fact, opposite, kind, alphabet, arithmetic, arithmetic, arithmetic, arithmetic, arithmetic, sequence)


def draw_drill(random, largest):
    """Draws one line; sums have no number above `largest`."""
    drill = random.choice(DRILLS)
    return drill(random, largest) if drill is arithmetic else drill(random)
