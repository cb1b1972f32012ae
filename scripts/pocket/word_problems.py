"""The word problems of pocket-gsm8k: templates of one to three steps with worked answers in GSM8K's form.

Each template draws its numbers and words from a `random.Random` and returns (question, steps, unit), where a step is
(sentence before the sum, the sum, its result). An answer has one line a step and ends in `#### result`.
"""

import re
from dataclasses import dataclass

from vocabulary import CONTAINERS, COUNTABLE_THINGS, NAMES


@dataclass(frozen=True)
class Problem:
    """A question with its worked answer; the two fields of a line of GSM8K."""

    question: str
    answer: str


def step(sentence, expression, result):
    """One worked line: GSM8K's calculator annotation repeats the sum, then the result follows."""
    return sentence.format(f"{expression}=<<{expression}={result}>>{result}"), result


def factor(random):
    """The larger factor of a product: often one digit, sometimes two."""
    return random.randrange(2, 10) if random.random() < 0.6 else random.randrange(11, 30)


def amount(random):
    """A sum's first number: often below 50, sometimes three digits."""
    return random.randrange(2, 50) if random.random() < 0.6 else random.randrange(50, 400)


def two_names(random):
    """Two different names."""
    return random.sample(NAMES, 2)


def gain(random):
    name, thing = random.choice(NAMES), random.choice(COUNTABLE_THINGS)
    have, more = amount(random), random.randrange(2, 80)
    verb = random.choice(["buys", "finds", "gets"])
    return (f"{name} has {have} {thing}. {name} {verb} {more} more. How many {thing} does {name} have?",
            [step(f"{name} has {{}} {thing}.", f"{have}+{more}", have + more)])


def loss(random):
    name, thing = random.choice(NAMES), random.choice(COUNTABLE_THINGS)
    left, less = amount(random), random.randrange(2, 80)
    verb = random.choice(["loses", "sells", "gives away"])
    return (f"{name} has {left + less} {thing}. {name} {verb} {less} of them. How many {thing} are left?",
            [step(f"There are {{}} {thing} left.", f"{left + less}-{less}", left)])


def containers(random):
    name, thing, container = random.choice(NAMES), random.choice(COUNTABLE_THINGS), random.choice(CONTAINERS)
    many, each = random.randrange(2, 10), factor(random)
    return (f"{name} has {many} {container} with {each} {thing} in each. How many {thing} is that?",
            [step(f"That is {{}} {thing}.", f"{many}*{each}", many * each)])


def share(random):
    name, thing = random.choice(NAMES), random.choice(COUNTABLE_THINGS)
    each, friends = factor(random), random.randrange(2, 10)
    return (f"{name} shares {each * friends} {thing} among {friends} friends. How many {thing} does each friend get?",
            [step(f"Each friend gets {{}} {thing}.", f"{each * friends}/{friends}", each)])


def gain_and_loss(random):
    name, thing = random.choice(NAMES), random.choice(COUNTABLE_THINGS)
    have, more = amount(random), random.randrange(2, 60)
    less = random.randrange(2, min(have + more, 60))
    return (f"{name} has {have} {thing}, buys {more} more and gives away {less}. How many {thing} are left?",
            [step(f"{name} has {{}} {thing}.", f"{have}+{more}", have + more),
             step(f"Then {{}} {thing} are left.", f"{have + more}-{less}", have + more - less)])


def together(random):
    (first, second), thing = two_names(random), random.choice(COUNTABLE_THINGS)
    have, more = random.randrange(2, 90), random.randrange(2, 40)
    return (f"{first} has {have} {thing}. {second} has {more} more than {first}. "
            f"How many {thing} do they have together?",
            [step(f"{second} has {{}} {thing}.", f"{have}+{more}", have + more),
             step(f"Together they have {{}} {thing}.", f"{have}+{have + more}", 2 * have + more)])


def fewer_together(random):
    (first, second), thing = two_names(random), random.choice(COUNTABLE_THINGS)
    fewer, other = random.randrange(2, 40), random.randrange(1, 90)
    have = fewer + other
    return (f"{first} has {have} {thing}. {second} has {fewer} fewer than {first}. "
            f"How many {thing} do they have together?",
            [step(f"{second} has {{}} {thing}.", f"{have}-{fewer}", other),
             step(f"Together they have {{}} {thing}.", f"{have}+{other}", have + other)])


def times_as_many(random):
    (first, second), thing = two_names(random), random.choice(COUNTABLE_THINGS)
    have, times = factor(random), random.randrange(2, 6)
    return (f"{first} has {have} {thing}. {second} has {times} times as many. "
            f"How many {thing} do they have together?",
            [step(f"{second} has {{}} {thing}.", f"{times}*{have}", times * have),
             step(f"Together they have {{}} {thing}.", f"{have}+{times * have}", have + times * have)])


def containers_and_more(random):
    name, thing, container = random.choice(NAMES), random.choice(COUNTABLE_THINGS), random.choice(CONTAINERS)
    many, each, more = random.randrange(2, 10), factor(random), random.randrange(2, 60)
    return (f"{name} has {many} {container} with {each} {thing} in each, and {more} {thing} more. "
            f"How many {thing} is that?",
            [step(f"The {container} hold {{}} {thing}.", f"{many}*{each}", many * each),
             step(f"That is {{}} {thing}.", f"{many * each}+{more}", many * each + more)])


def change(random):
    name, thing = random.choice(NAMES), random.choice(COUNTABLE_THINGS)
    many, price = random.randrange(2, 10), factor(random)
    left = random.randrange(1, 60)
    paid = many * price + left
    return (f"{name} has {paid} dollars and buys {many} {thing} for {price} dollars each. "
            f"How many dollars are left?",
            [step("The price is {} dollars.", f"{many}*{price}", many * price),
             step("Then {} dollars are left.", f"{paid}-{many * price}", left)])


def week(random):
    name, thing = random.choice(NAMES), random.choice(COUNTABLE_THINGS)
    daily, days, sold = factor(random), random.randrange(2, 10), random.randrange(2, 40)
    more = random.randrange(2, 60)
    sold = min(sold, daily * days - 1)
    return (f"{name} makes {daily} {thing} a day for {days} days, sells {sold} and then buys {more}. "
            f"How many {thing} does {name} have?",
            [step(f"{name} makes {{}} {thing}.", f"{daily}*{days}", daily * days),
             step("After selling there are {}.", f"{daily * days}-{sold}", daily * days - sold),
             step(f"Then {name} has {{}} {thing}.", f"{daily * days - sold}+{more}", daily * days - sold + more)])


def two_purchases(random):
    name, (thing, other) = random.choice(NAMES), random.sample(COUNTABLE_THINGS, 2)
    many, price = random.randrange(2, 10), factor(random)
    many_others, other_price = random.randrange(2, 8), random.randrange(2, 8)
    first, second = many * price, many_others * other_price
    return (f"{name} buys {many} {thing} for {price} dollars each and {many_others} {other} for {other_price} "
            f"dollars each. How many dollars is that?",
            [step(f"The {thing} cost {{}} dollars.", f"{many}*{price}", first),
             step(f"The {other} cost {{}} dollars.", f"{many_others}*{other_price}", second),
             step("That is {} dollars.", f"{first}+{second}", first + second)])


TEMPLATES = (gain, loss, containers, share, gain_and_loss, together, fewer_together, times_as_many,
             containers_and_more, change, week, two_purchases)


LARGEST_NUMBER = 50  # in the problems of the splits; wider ones serve only as training text


def draw_problem(random, largest=LARGEST_NUMBER):
    """Draws one problem, a template and then its words and numbers, anew until no number is above `largest`."""
    while True:
        question, steps = random.choice(TEMPLATES)(random)
        answer = "\n".join(text for text, _ in steps) + f"\n#### {steps[-1][1]}"
        if largest is None or max(map(int, re.findall(r"\d+", question + answer))) <= largest:
            return Problem(question, answer)
