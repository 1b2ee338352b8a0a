"""The table of differences that are right, `explained.txt`: `scenario | steps | members | counterpart | why`.

Steps and members are one or several, with commas between; `*` stands for anything in them. `both` is moto and ministack. What
explains nothing is an error, be it a line or one of its steps or members, so what is written there stays true.
"""

import dataclasses
import pathlib
import re

TABLE = pathlib.Path(__file__).parent / "explained.txt"


@dataclasses.dataclass
class Explanation:
    """One line of the table."""

    line: int
    scenario: str
    steps: dict
    members: dict
    counterparts: tuple
    used: set = dataclasses.field(default_factory=set)

    def explains(self, scenario, step, member, counterpart):
        if counterpart not in self.counterparts or self.scenario != scenario:
            return False
        steps = [text for text, pattern in self.steps.items() if pattern.fullmatch(step)]
        members = [text for text, pattern in self.members.items() if pattern.fullmatch(member)]
        if steps and members:
            self.used.update((counterpart, text) for text in steps + members)
        return bool(steps and members)


def read():
    """The lines of the table, and what is wrong with it."""
    explanations, wrong = [], []
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = [column.strip() for column in line.split("|", 4)]
        if len(columns) != 5 or not all(columns) or columns[3] not in ("moto", "ministack", "both"):
            wrong.append(f"{TABLE.name}:{number}: not `scenario | steps | members | counterpart | why`")
            continue
        counterparts = ("moto", "ministack") if columns[3] == "both" else (columns[3],)
        explanations.append(Explanation(number, columns[0], globs(columns[1]), globs(columns[2]), counterparts))
    return explanations, wrong


def globs(column):
    """The patterns of a column, by how they are written."""
    texts = [text.strip() for text in column.split(",")]
    return {text: re.compile(".*".join(re.escape(part) for part in text.split("*"))) for text in texts}


def unused(explanations, scenarios):
    """What nothing needs of the table, as far as these scenarios can tell."""
    for explanation in explanations:
        if explanation.scenario not in scenarios:
            continue
        for counterpart in explanation.counterparts:
            for text in (*explanation.steps, *explanation.members):
                if (counterpart, text) not in explanation.used:
                    yield f"{TABLE.name}:{explanation.line}: `{text}`: no such difference from {counterpart} any more"
