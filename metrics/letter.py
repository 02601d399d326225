"""The mail of a report: what happened in sentences, the main figures, a link, the files; plain and HTML."""

import datetime as dt
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Installation, User
from accounts.roles import allows

from . import monthly
from .models import ReportMail
from .monthly import book, pdf
from .monthly.shape import Report
from .periods import Period

TYPES = {
    "pdf": ("application", "pdf"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@dataclass(frozen=True)
class _Kept:
    report: Report
    files: dict[str, bytes]


@dataclass
class Letters:
    """Writes the mails of one run; what several get is made once."""

    _made: dict[tuple, _Kept] = field(default_factory=dict)

    def write(self, mail: ReportMail, period: Period, *, today: dt.date, is_behind: bool) -> bytes:
        """The mail as it travels (RFC 5322, CRLF), in the language of the schedule."""
        with translation.override(mail.schedule.language):
            made = self._report(mail, period, today)
            return bytes(_letter(mail, made, is_behind=is_behind))

    def _report(self, mail: ReportMail, period: Period, today: dt.date) -> _Kept:
        readers = readers_of(mail.recipient)
        formats = tuple(one for one in TYPES if one in mail.schedule.formats)
        key = (period, readers, mail.schedule.language, formats)
        if key not in self._made:
            report = monthly.build(period, today=today, readers=readers)
            files = {one: {"pdf": pdf, "xlsx": book}[one].render(report) for one in formats}
            self._made[key] = _Kept(report, files)
        return self._made[key]


def readers_of(user: User) -> monthly.Readers:
    """Leaders see every owner, others their own part."""
    return monthly.Readers(owner=None if allows(user, "metrics.all_owners") else user.pk)


def _letter(mail: ReportMail, made: _Kept, *, is_behind: bool) -> EmailMessage:
    installation, report = Installation.get(), made.report
    found = EmailMessage(policy=SMTP)
    local, _at, domain = installation.sender_email.rpartition("@")
    found["From"] = Address(_line(installation.sender_name or report.company), local, domain)
    found["To"] = mail.recipient.email
    found["Subject"] = _line(f"{_('[Test]')} {report.title}" if mail.is_test else f"{report.title} – {report.company}")
    found["Date"] = format_datetime(timezone.now())
    found["Message-ID"] = f"<report-{mail.pk}@{domain}>"
    found["Auto-Submitted"] = "auto-generated"
    words = {
        "report": report,
        "schedule": mail.schedule,
        "is_test": mail.is_test,
        "is_behind": is_behind,
        "link": settings.BASE_URL + reverse("metrics:monthly", args=[report.code]),
    }
    found.set_content(render_to_string("metrics/mail/report.txt", words))
    found.add_alternative(render_to_string("metrics/mail/report.html", words), subtype="html")
    for ending, content in made.files.items():
        main, sub = TYPES[ending]
        found.add_attachment(content, maintype=main, subtype=sub, filename=f"{report.title.replace(' ', '_')}.{ending}")
    return found


def _line(text: str) -> str:
    """One line of a header: no control characters."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
