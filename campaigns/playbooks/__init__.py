"""Ready-made campaigns: what to begin with. Words stand in <key>.<language>.txt beside this file."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Words:
    """What the form of a new campaign is filled with."""

    name: str
    subject: str
    offer: str
    prefix: str
    body: str


@dataclass(frozen=True)
class Playbook:
    """`segment` is the slug of the ready-made segment it is meant for, empty where any will do."""

    key: str
    label: Promise
    text: Promise
    icon: str
    segment: str = ""
    has_offer: bool = False

    def words(self, language: str) -> Words:
        """The words in that language, else in the main one."""
        known = language if _file(self.key, language).exists() else settings.LANGUAGE_CODE
        return _read(_file(self.key, known))


WIN_BACK = Playbook(
    "win_back",
    _("Win-back"),
    _("Writes to customers who have not come for a long time, with an offer and a coupon code for each of them."),
    "user-heart",
    segment="dormant",
    has_offer=True,
)
NEW_SERVICE = Playbook(
    "new_service",
    _("New service"),
    _("Tells those who already use you about a new service or product, without an offer."),
    "speakerphone",
)
PLAYBOOKS: dict[str, Playbook] = {playbook.key: playbook for playbook in (WIN_BACK, NEW_SERVICE)}


def label(key: str) -> str:
    """The words of a playbook; of one that is gone its key."""
    return str(PLAYBOOKS[key].label) if key in PLAYBOOKS else key


def _file(key: str, language: str) -> Path:
    return FOLDER / f"{key}.{language}.txt"


@cache
def _read(path: Path) -> Words:
    """`Name: value` lines, an empty line, then the body."""
    head, body = path.read_text(encoding="utf-8").split("\n\n", 1)
    pairs = (line.split(":", 1) for line in head.splitlines())
    return Words(**{key.strip().lower(): value.strip() for key, value in pairs}, body=body.strip() + "\n")
