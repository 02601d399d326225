import pytest

from demo import mailbox, views
from tests import factories

MAIL = b"From: shop@example.jp\r\nTo: a@example.jp\r\nSubject: =?utf-8?b?44GU5qGI5YaF?=\r\nMIME-Version: 1.0\r\n" + (
    b'Content-Type: multipart/alternative; boundary="x"\r\n\r\n'
    b"--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n"
    b"--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>hello</p><script>alert(1)</script>\r\n--x--\r\n"
)
NAMES = ["20261121T010203.000000-9-1.eml", "20261121T010204.000000-9-2.eml", ".half-written.eml"]


@pytest.fixture
def folder(tmp_path, settings):
    settings.MAIL_DIR = tmp_path
    for name in NAMES:
        (tmp_path / name).write_bytes(MAIL)
    return tmp_path


@pytest.fixture
def staff(client, db):
    factories.configure(is_demo=True)
    user = factories.user("someone@example.jp")
    client.force_login(user, backend="accounts.backends.StaffBackend")
    return client


def test_newest_mail_first_and_nothing_half_written(folder):
    mails, total = mailbox.newest(folder, skip=0, count=50)
    assert (total, [mail.name for mail in mails]) == (2, [NAMES[1], NAMES[0]])
    assert (mails[0].subject, mails[0].recipient, mails[0].text.strip()) == ("ご案内", "a@example.jp", "hello")


def test_a_page_begins_where_the_one_before_ended(folder):
    mails, total = mailbox.newest(folder, skip=1, count=1)
    assert (total, [mail.name for mail in mails]) == (2, [NAMES[0]])


@pytest.mark.parametrize("name", ["../secret.eml", ".half-written.eml", "gone.eml", "x"])
def test_only_mails_of_the_folder_are_found(folder, name):
    assert mailbox.find(folder, name) is None


def test_the_page_lists_what_arrived(folder, staff):
    page = staff.get("/demo/mail/")
    assert page.status_code == 200
    assert "a@example.jp" in page.content.decode()


def test_an_empty_mailbox_says_what_to_do(tmp_path, settings, staff):
    settings.MAIL_DIR = tmp_path / "nothing"
    assert "まだ届いていません" in staff.get("/demo/mail/").content.decode()


def test_a_mail_is_shown_in_a_frame_that_runs_no_script(folder, staff):
    page = staff.get(f"/demo/mail/{NAMES[0]}").content.decode()
    assert f'src="/demo/mail/{NAMES[0]}/framed/" sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "alert(1)" not in page
    framed = staff.get(f"/demo/mail/{NAMES[0]}/framed/")
    assert framed.content.decode().startswith('<base target="_blank"><p>hello</p>')
    assert "default-src 'none'" in framed["Content-Security-Policy"]
    assert "sandbox allow-popups" in framed["Content-Security-Policy"]
    assert "allow-scripts" not in framed["Content-Security-Policy"]


def test_a_mails_links_open_beside_and_its_doctype_stays_first():
    mail = '<!DOCTYPE html><html><head class="x"><title>hello</title></head></html>'
    beside = '<!DOCTYPE html><html><head class="x"><base target="_blank"><title>hello</title></head></html>'
    assert views.opening_beside(mail) == beside


def test_there_is_no_mailbox_outside_the_demo(folder, staff):
    factories.configure(is_demo=False)
    assert staff.get("/demo/mail/").status_code == 404
    assert staff.get(f"/demo/mail/{NAMES[0]}").status_code == 404
    assert staff.get(f"/demo/mail/{NAMES[0]}/framed/").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "٣", "99999999999"])
def test_a_page_number_that_is_none_shows_the_first(folder, staff, page):
    assert staff.get("/demo/mail/", {"page": page}).status_code == 200
