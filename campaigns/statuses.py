"""What a refusal means for an address: RFC 3463's codes first, then the words beside them. Pure.

Words can only make a verdict milder: a code that says "no such mailbox" beside words about spam is taken for policy,
because stopping a person who exists is the worse mistake. Without a telling code, only plain words stop an address.
"""

import re

from .models import Report
from .replies import NO_SUCH_ADDRESS, POLICY

Kind = Report.Kind
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.])([245][0-5]\d)(?![\d.])")
SPEAKS_OF_POLICY = re.compile(
    r"spam|block(ed|list)|black ?list|reputation|policy|dmarc|\bspf\b|\bdkim\b|denied|not authori[sz]ed|unsolicited|"
    r"rate limit|too many|throttl|banned|virus|malware|listed (in|by|at)|迷惑|受信拒否|規制",
    re.IGNORECASE,
)
SPEAKS_OF_NOW = re.compile(
    r"quota|(mailbox|inbox|mail box)( is| size)? ?(full|exceed)|insufficient|temporar|try again|timed? ?out|too large|"
    r"connection|unreachable|not responding|size limit|容量|一時的",
    re.IGNORECASE,
)
NO_SUCH_PERSON = re.compile(
    r"(user|recipient|mailbox|account|address|local part)s?\b.{0,40}(unknown|does ?n[o']t exist|do not exist|not exist|"
    r"not found|is (disabled|invalid|inactive|closed|suspended)|no longer)|unknown (user|recipient|mailbox|address)|"
    r"(unknown|invalid|bad) (local|recipient|address)|no (such|mailbox here)|(not a|no) valid (user|recipient|mailbox)|"
    r"no account|host or domain name not found|宛先.{0,12}(不明|存在しま|見つかりま)|ユーザー?が(存在|見つか)",
    re.IGNORECASE,
)
SENDERS_FAULT = {"5.1.7", "5.1.8"}  # it is our address they do not like


def judge(words: str, *, status: str = "") -> str:
    """The kind of a failure: bounced, soft_bounced or blocked. `status` as in a DSN; else the first in the words."""
    code = status or status_in(words)
    if code.startswith(POLICY) or code in SENDERS_FAULT or SPEAKS_OF_POLICY.search(words):
        return Kind.BLOCKED
    if code.startswith("4.") or SPEAKS_OF_NOW.search(words):
        return Kind.SOFT_BOUNCED
    if code in NO_SUCH_ADDRESS:
        return Kind.BOUNCED
    is_telling = not code or re.fullmatch(r"5\.(0|1|2)\.0|5\.[45]\.\d+", code)
    is_for_now = (found := REPLY.search(words)) and found.group().startswith("4")
    return Kind.BOUNCED if is_telling and not is_for_now and NO_SUCH_PERSON.search(words) else Kind.SOFT_BOUNCED


def status_in(words: str) -> str:
    """The first enhanced code in a text (`5.1.1`); empty where there is none."""
    found = STATUS.search(words)
    return found.group() if found else ""
