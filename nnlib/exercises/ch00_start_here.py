"""The exercise of chapter 00, to warm up: the rule that the network finds from four examples."""

from nnlib.exercises import chapter, mistakes

exercise = chapter("00", "start here")


def xor_rule(a, b):
    return int(a != b)


def xor_by_cases(a, b):
    if a == 1 and b == 0:
        return 1
    if a == 0 and b == 1:
        return 1
    return 0


exercise(
    title="XOR: 1 where exactly one of two switches is up",
    solution=xor_rule,
    cases=lambda rng: [(0, 1), (1, 0), (1, 1), (0, 0)],
    also_right=[
        xor_by_cases,
        lambda a, b: a ^ b,
        lambda a, b: (a + b) % 2,
        lambda a, b: a + b - 2 * a * b,
        lambda a, b: a != b,
    ],
    wrong=mistakes(
        lambda a, b: int(a or b),
        "This is OR: it is 1 as well when both switches are up. XOR is 1 when *exactly* one is.",
        lambda a, b: int(a and b),
        "This is AND: it is 1 only when both switches are up, and there XOR is 0.",
        lambda a, b: int(a == b),
        "Turned around: this is 1 when the two are equal. XOR is 1 when they differ.",
        lambda a, b: a + b,
        "The sum is right for three of the four rows. For two switches up it gives 2 and should give 0.",
        lambda a, b: a - b,
        "The difference is -1 for the row 0, 1. What counts is that the two differ, not in which direction.",
        lambda a, b: int(a > b),
        "Right for three of the four rows. Look at a = 0, b = 1: one switch is up there as well, so the lamp is on.",
        lambda a, b: int(a < b),
        "Right for three of the four rows. Look at a = 1, b = 0: one switch is up there as well, so the lamp is on.",
    ),
    hints=[
        "Write down the four rows and the lamp in each. What do the rows have in common where it is on?",
        "It is on where the two switches differ. Python compares two numbers with `!=`.",
        "`return int(a != b)`; `int` turns True and False into 1 and 0.",
    ],
    holds="You now have the rule that a network can find without being told. Now you know how a check answers.",
)
