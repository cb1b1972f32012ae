"""The words that the pocket tasks are made of, and the invented world they ask about.

Every table is written out or derived by fixed rules, so that the same words come out on every run.
"""

KINDS = {
    "fruit": "apple pear plum lemon mango cherry peach melon grape fig".split(),
    "animal": "horse tiger rabbit camel otter goat wolf bear mouse zebra".split(),
    "tool": "hammer saw drill spade rake wrench pliers chisel axe file".split(),
    "colour": "red green blue yellow purple orange pink brown grey white".split(),
    "drink": "tea coffee milk juice cocoa lemonade cider water soda broth".split(),
    "instrument": "violin drum flute harp piano trumpet cello guitar banjo organ".split(),
    "garment": "shirt coat hat scarf glove sock skirt belt jacket sweater".split(),
    "vehicle": "car train bus tram truck boat bicycle van ferry plane".split(),
}

OPPOSITES = [
    ("hot", "cold"), ("big", "small"), ("tall", "short"), ("fast", "slow"), ("old", "new"), ("wet", "dry"),
    ("dark", "light"), ("loud", "quiet"), ("hard", "soft"), ("full", "empty"), ("high", "low"), ("open", "closed"),
    ("rich", "poor"), ("early", "late"), ("happy", "sad"), ("clean", "dirty"), ("strong", "weak"), ("wide", "narrow"),
    ("thick", "thin"), ("deep", "shallow"), ("near", "far"), ("first", "last"), ("day", "night"), ("left", "right"),
    ("up", "down"), ("in", "out"), ("sweet", "bitter"), ("sharp", "blunt"), ("rough", "smooth"), ("brave", "afraid"),
    ("always", "never"), ("love", "hate"),
]

ISLANDS = (
    "Velmor Tasku Orrin Brelga Quonda Hestia Mirrow Zanpel Ludok Fenary Gostel Ivarra "
    "Pelune Rothan Surima Dovane Kelbit Wexley Nubaro Yostan Calder Ematha Jorvil Uldane"
).split()

TOWNS = (
    "Tarin Bosk Lemda Ostry Pavo Runel Sidra Tolm Urbek Vanto Wisp Yarrow "
    "Zelt Arno Brindle Corva Dusk Elmet Farro Gant Hollis Indra Jasp Kett"
).split()

FLAG_COLOURS = "red green blue yellow purple orange white black".split()

CROPS = "wheat rice maize barley oats beans hops flax".split()

FESTIVAL_MONTHS = "March April May June July August October November".split()

NAMES = "Tom Anna Ben Mia Sam Lily Max Zoe Leo Ella Dan Ruth".split()

COUNTABLE_THINGS = "apples pens books coins cards eggs stamps shells balls cakes roses toys".split()

CONTAINERS = "boxes bags baskets jars trays crates".split()


def island_facts():
    """Maps (relation, island) to its value: capital, flag, crop and festival of the 24 invented islands."""
    facts = {}
    for index, island in enumerate(ISLANDS):
        facts["capital", island] = TOWNS[(index * 7 + 5) % len(TOWNS)]
        facts["flag", island] = FLAG_COLOURS[(index * 5 + index // 8 * 3 + 2) % len(FLAG_COLOURS)]
        facts["crop", island] = CROPS[(index * 3 + index // 8 * 5 + 1) % len(CROPS)]
        facts["festival", island] = FESTIVAL_MONTHS[(index * 7 + index // 8 * 2 + 4) % len(FESTIVAL_MONTHS)]
    return facts
