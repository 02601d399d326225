"""Reading the mailbox that bounces come back to: from servers that speak IMAP and POP3, and from files."""

import io
import re
import socketserver
import threading
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from campaigns import mailbox, return_paths, tasks
from campaigns.models import Delivery, Report
from tests.campaigns import returned
from tests.campaigns.moments import NOW
from tests.campaigns.returned import KEY, WHO


@pytest.fixture
def bounce(campaign, person, settings) -> bytes:
    settings.BOUNCE_ADDRESS = "bounces@modoru.example.jp"
    who = person(1, email=WHO)
    Delivery.objects.create(
        campaign=campaign,
        step=campaign.steps.get(),
        customer=who,
        contact=who.contacts.get(),
        channel="mail",
        address=WHO,
        state=Delivery.State.ACCEPTED,
        message_key=KEY,
        token="t" * 43,
        planned_at=NOW,
        due_at=NOW,
    )
    return returned.dsn(return_paths.of(KEY), "5.1.1", "550 5.1.1 user unknown")


class _Box(socketserver.StreamRequestHandler):
    """One mailbox for both protocols: `mails` by number, those `seen` and `deleted`."""

    mails: dict[int, bytes]
    seen: set[int]
    deleted: set[int]

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class _Pop(_Box):
    def handle(self) -> None:
        self.say("+OK")
        while line := self.rfile.readline().decode().strip():
            word, _space, rest = line.partition(" ")
            match word:
                case "PASS" if rest != "se cret":
                    self.say("-ERR")
                case "STAT":
                    self.say(f"+OK {len(self.mails)} 0")
                case "RETR":
                    self.say("+OK")
                    self.wfile.write(self.mails[int(rest)].replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
                case "DELE":
                    self.deleted.add(int(rest))
                    self.say("+OK")
                case _:
                    self.say("+OK")


class _Imap(_Box):
    def handle(self) -> None:
        self.say("* OK IMAP4rev1")
        while line := self.rfile.readline().decode().strip():
            tag, word, rest = [*line.split(" ", 2), ""][:3]
            word, rest = (rest.partition(" ")[0], rest.partition(" ")[2]) if word == "UID" else (word, rest)
            self.answer(word, rest)
            is_wrong = word == "LOGIN" and '"se cret"' not in rest
            self.say(f"{tag} {'NO' if is_wrong else 'OK'} done")

    def answer(self, word: str, rest: str) -> None:
        numbers = [int(number) for number in re.findall(r"\d+", rest.split(" ", 1)[0])]
        match word:
            case "CAPABILITY":
                self.say("* CAPABILITY IMAP4rev1")
            case "SELECT":
                self.say(f"* {len(self.mails)} EXISTS")
            case "SEARCH":
                self.say("* SEARCH " + " ".join(str(number) for number in self.mails if number not in self.seen))
            case "FETCH":
                raw = self.mails[numbers[0]]
                self.wfile.write(f"* {numbers[0]} FETCH (BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")
            case "STORE":
                self.seen.update(numbers)


@pytest.fixture
def serve(bounce) -> Iterator:
    """Starts a server of one protocol that holds the bounce and a letter of a person."""
    started = []

    def start(protocol: type[_Box]) -> tuple[type[_Box], str]:
        letter = returned._plain("news@modoru.example.jp", "Re: hello", "Thank you.", sender="tanaka@kaisha.example.jp")
        box = type("Box", (protocol,), {"mails": {1: bounce, 2: letter}, "seen": set(), "deleted": set()})
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), box)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return box, f"127.0.0.1:{server.server_address[1]}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def test_imap_mails_are_read_once_and_kept(serve):
    box, address = serve(_Imap)
    url = f"imap://bounces%40modoru:se%20cret@{address}/INBOX"
    assert [mailbox.fetch(url, now=NOW) for _time in range(2)] == [1, 0]
    assert box.seen == {1, 2}
    assert box.deleted == set()
    assert Report.objects.get().kind == "bounced"


def test_pop3_reports_are_deleted_and_letters_stay(serve):
    box, address = serve(_Pop)
    assert mailbox.fetch(f"pop3://bounces:se%20cret@{address}", now=NOW) == 1
    assert box.deleted == {1}


@pytest.mark.parametrize(("protocol", "scheme"), [(_Imap, "imap"), (_Pop, "pop3")])
def test_a_wrong_password_is_said_without_the_password(serve, protocol, scheme):
    _box, address = serve(protocol)
    with pytest.raises(mailbox.MailboxError) as error:
        mailbox.fetch(f"{scheme}://bounces:wrong-one@{address}", now=NOW)
    assert "wrong-one" not in str(error.value)


def test_the_clock_reads_it_where_one_is_set_and_says_when_it_cannot(serve, settings, caplog):
    settings.BOUNCE_MAILBOX = ""
    tasks.fetch_returns()
    _box, address = serve(_Pop)
    settings.BOUNCE_MAILBOX = f"pop3://bounces:se%20cret@{address}"
    tasks.fetch_returns()
    tasks.apply_reports()
    assert Report.objects.get().applied_at
    settings.BOUNCE_MAILBOX = "pop3://bounces:x@127.0.0.1:1"
    tasks.fetch_returns()
    assert "returned mails can't be read" in caplog.text


def test_a_directory_is_read_and_its_files_are_put_aside(bounce, tmp_path, capsys):
    (tmp_path / "1.eml").write_bytes(bounce)
    (tmp_path / "2.eml").write_bytes(b"no report")
    for count in (1, 0):
        call_command("fetch_returns", str(tmp_path))
        assert capsys.readouterr().out.strip() == f"{count} reports"
    assert sorted(path.name for path in (tmp_path / "read").iterdir()) == ["1.eml", "2.eml"]
    assert Report.objects.get().applied_at


def test_a_mail_server_may_pipe_one_mail_in(bounce, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(bounce)))
    call_command("fetch_returns", "-")
    assert capsys.readouterr().out.strip() == "1 reports"


def test_without_a_mailbox_the_command_says_what_to_set(db, settings):
    settings.BOUNCE_MAILBOX = ""
    with pytest.raises(CommandError, match="BOUNCE_MAILBOX"):
        call_command("fetch_returns")
    with pytest.raises(CommandError):
        call_command("fetch_returns", "/no/such/directory")
