"""The subjects of pocket-mmlu: each draws one multiple-choice item from a seeded generator.

A subject is a function of a `random.Random` that returns (question, right choice, three or more wrong choices).
The subjects are ordered by name; their difficulty differs on purpose.
"""

from dataclasses import dataclass

from vocabulary import CROPS, FESTIVAL_MONTHS, FLAG_COLOURS, ISLANDS, KINDS, OPPOSITES, TOWNS, island_facts

LETTERS = "ABCD"
ALPHABET = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Item:
    """One multiple-choice item: the question, its four choices in order, and the index of the right one."""

    subject: str
    question: str
    choices: tuple
    answer: int

    def identity(self):
        """What makes two items the same: the question and the set of choices, whatever their order."""
        return self.question, frozenset(self.choices)


def alphabet_order(random):
    """The letter right after or right before another one: a table of 50 facts."""
    index = random.randrange(1, 25)
    if random.random() < 0.5:
        question, right = f"Which letter comes right after {ALPHABET[index]}?", ALPHABET[index + 1]
    else:
        question, right = f"Which letter comes right before {ALPHABET[index]}?", ALPHABET[index - 1]
    near = [ALPHABET[other] for other in range(max(0, index - 4), min(26, index + 5)) if other != index]
    return question, right, near


def even_numbers(random):
    """The one even number of four: only the last digit matters."""
    odd = [str(number) for number in range(1, 100, 2)]
    return "Which number is even?", str(random.randrange(0, 100, 2)), odd


def island_geography(random):
    """Facts of an invented world: they can only be remembered."""
    relation, question, values = random.choice([
        ("capital", "What is the capital of {}?", TOWNS),
        ("flag", "What colour is the flag of {}?", FLAG_COLOURS),
        ("crop", "What do people grow on {}?", CROPS),
        ("festival", "When is the festival of {}?", FESTIVAL_MONTHS),
    ])
    island = random.choice(ISLANDS)
    return question.format(island), FACTS[relation, island], values


def kinds_of_things(random):
    """Which of four words belongs to a named kind."""
    kind = random.choice(sorted(KINDS))
    right = random.choice(KINDS[kind])
    others = [word for other in sorted(KINDS) if other != kind for word in KINDS[other]]
    article = "an" if kind[0] in "aeiou" else "a"
    return f"Which of these is {article} {kind}?", right, others


def letter_counting(random):
    """How often a letter occurs in a short row of letters."""
    wanted, *rest = random.sample(ALPHABET, 4)
    length = random.randrange(3, 8)
    count = random.randrange(1, min(length, 5) + 1)
    row = [wanted] * count + [random.choice(rest) for _ in range(length - count)]
    random.shuffle(row)
    return f"How many times is {wanted} in {' '.join(row)}?", str(count), [str(number) for number in range(7)]


def living_things(random):
    """The one animal of four things: the same question every time."""
    others = [word for kind in ("tool", "garment", "vehicle", "instrument") for word in KINDS[kind]]
    return "Which of these is alive?", random.choice(KINDS["animal"]), others


def number_comparison(random):
    """The largest or the smallest of four numbers of up to three digits."""
    digits = random.choice([1, 2, 2, 3])
    numbers = random.sample(range(0 if digits == 1 else 10 ** (digits - 1), 10**digits), 4)
    if random.random() < 0.3:
        numbers[0] = random.choice([number for number in range(10, 100) if number not in numbers])
    if random.random() < 0.5:
        question, right = "Which number is the largest?", max(numbers)
    else:
        question, right = "Which number is the smallest?", min(numbers)
    return question, str(right), [str(number) for number in numbers]


def number_sequences(random):
    """The next number of a row that goes up or down in equal steps."""
    step = random.randrange(1, 10)
    start = random.randrange(0, 40)
    row = [start + step * index for index in range(5)]
    if random.random() < 0.4:
        row.reverse()
    *shown, right = row
    near = [right + shift for shift in (-3, -2, -1, 1, 2, 3, step, -step) if shift and right + shift >= 0]
    return f"Which number comes next: {', '.join(map(str, shown))}?", str(right), [str(number) for number in near]


def opposites(random):
    """The opposite of a common word."""
    pair = random.choice(OPPOSITES)
    asked, right = pair if random.random() < 0.5 else pair[::-1]
    others = [word for other in OPPOSITES if other != pair for word in other]
    return f"What is the opposite of {asked}?", right, others


def small_arithmetic(random):
    """Sums, differences and products of small numbers."""
    operation = random.choice("++--*")
    if operation == "+":
        left, right = random.randrange(2, 60), random.randrange(2, 40)
        result = left + right
    elif operation == "-":
        result, right = random.randrange(0, 60), random.randrange(2, 40)
        left = result + right
    else:
        left, right = random.randrange(2, 10), random.randrange(2, 10)
        result = left * right
    near = [result + shift for shift in (-10, -3, -2, -1, 1, 2, 3, 10) if result + shift >= 0]
    return f"What is {left} {operation} {right}?", str(result), [str(number) for number in near]


FACTS = island_facts()

SUBJECTS = {
    function.__name__: function
    for function in (alphabet_order, even_numbers, island_geography, kinds_of_things, letter_counting,
                     living_things, number_comparison, number_sequences, opposites, small_arithmetic)
}


def draw_item(subject, random):
    """Draws one item of a subject, with the right choice at a random letter."""
    question, right, wrong = SUBJECTS[subject](random)
    choices = random.sample(sorted(set(wrong) - {right}), 3)
    answer = random.randrange(4)
    choices.insert(answer, right)
    return Item(subject, question, tuple(choices), answer)
