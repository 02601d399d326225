"""News goes out signed, once more for three days, to public addresses only, and never gets lost silently."""

import datetime as dt
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection, transaction
from standardwebhooks import Webhook

from accounts import outgoing, webhooks
from accounts.models import AuditEvent, WebhookEndpoint, WebhookMessage
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def receiver(settings):
    """A real server on loopback that keeps what it is sent and answers what it is told to."""
    settings.WEBHOOKS_TO_PRIVATE = True
    heard: list[tuple[dict, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(server.answers.pop(0) if server.answers else 204)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers = []
    server.heard = heard
    server.url = f"http://127.0.0.1:{server.server_port}/hook?from=modoru"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def endpoint(url: str, kinds=("import.finished",)) -> WebhookEndpoint:
    return webhooks.add(url=url, kinds=list(kinds), by=factories.user(role="admin"))


def queued(url: str) -> WebhookMessage:
    endpoint(url)
    webhooks.emit("import.finished", {"import_id": 7, "created": 3})
    WebhookMessage.objects.update(next_at=NOW)
    return WebhookMessage.objects.get()


def test_news_reaches_those_who_hear_of_it_signed_as_the_standard_says(receiver):
    message = queued(receiver.url)
    endpoint("https://other.example", kinds=["customer.merged"])
    assert webhooks.deliver(now=dt.datetime.now(dt.UTC)) == 1
    [(headers, body)] = receiver.heard
    said = Webhook(message.endpoint.secret).verify(body, {name.lower(): text for name, text in headers.items()})
    assert (said["type"], said["data"]) == ("import.finished", {"import_id": 7, "created": 3})
    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_status) == ("delivered", 1, 204)


def test_a_changed_body_does_not_pass(receiver):
    message = queued(receiver.url)
    headers = webhooks.signed("msg_1", message.endpoint.secret, b'{"a":1}', at=dt.datetime.now(dt.UTC))
    Webhook(message.endpoint.secret).verify(b'{"a":1}', headers)
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(message.endpoint.secret).verify(b'{"a":2}', headers)


def test_a_failed_message_is_tried_again_with_the_same_id_at_growing_waits(receiver):
    message = queued(receiver.url)
    receiver.answers[:] = [500, 302]
    assert webhooks.deliver(now=NOW) == 1
    assert webhooks.deliver(now=NOW + dt.timedelta(seconds=4)) == 0
    assert webhooks.deliver(now=NOW + dt.timedelta(seconds=5)) == 1  # 302: not followed, a failure like any other
    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == ("waiting", 2, "HTTP 302")
    assert message.next_at == NOW + dt.timedelta(seconds=65)
    assert webhooks.deliver(now=NOW + dt.timedelta(seconds=65)) == 1
    message.refresh_from_db()
    assert message.state == "delivered"
    assert len({headers["webhook-id"] for headers, _body in receiver.heard}) == 1


def test_after_three_days_it_is_given_up_and_a_person_may_send_it_again(receiver):
    message = queued(receiver.url)
    now, tried = NOW, 0
    receiver.answers[:] = [500] * 20
    while WebhookMessage.objects.get().state == "waiting":
        tried += webhooks.deliver(now=now)
        now = WebhookMessage.objects.get().next_at
    assert tried == len(webhooks.WAITS) + 1 == 11
    assert dt.timedelta(days=2, hours=23) < now - NOW < dt.timedelta(days=3)
    assert webhooks.retry(messages=message.endpoint.messages.all(), by=factories.user(), now=now) == 1
    receiver.answers.clear()
    assert webhooks.deliver(now=now) == 1
    assert WebhookMessage.objects.get().state == "delivered"


def test_gone_ends_the_endpoint(receiver):
    message = queued(receiver.url)
    receiver.answers[:] = [410]
    webhooks.deliver(now=NOW)
    message.refresh_from_db()
    assert message.state == "dead"
    assert not WebhookEndpoint.objects.get().is_active
    assert webhooks.emit("import.finished", {}) == 0
    assert AuditEvent.objects.filter(action="webhook.stop", actor=None).exists()


def test_an_endpoint_without_a_server_waits(settings):
    settings.WEBHOOKS_TO_PRIVATE = True
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        message = queued(f"http://127.0.0.1:{taken.getsockname()[1]}/")
        webhooks.deliver(now=NOW)
    message.refresh_from_db()
    assert (message.state, message.last_error, message.last_status) == ("waiting", "ConnectionRefusedError", None)


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://10.1.2.3/"),
        *("https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest", "https://100.64.0.1/"),
        *("https://0x7f000001/", "https://2130706433/", "https://0/", "https://[64:ff9b::7f00:1]/"),
        *("https://[2002:7f00:1::]/", "https://[fe80::1]/", "https://[fd00::1]/", "https://224.0.0.1/"),
    ],
)
def test_a_private_address_is_refused_however_it_is_written(url):
    with pytest.raises(outgoing.RefusedAddressError, match=r"private|非公開"):
        outgoing.resolve(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "ftp://93.184.216.34/",
        "https://a:b@93.184.216.34/",
        "https:///x",
        "https://93.184.216.34:x/",
        "https://例え.jp/",
    ],
)
def test_what_is_no_public_https_address_is_refused(url):
    with pytest.raises(outgoing.RefusedAddressError):
        outgoing.resolve(url)


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch):
    found = [(2, 1, 6, "", (address, 443)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *words, **more: found)
    with pytest.raises(outgoing.RefusedAddressError):
        outgoing.resolve("https://rebinding.example/")


def test_the_connection_goes_to_the_address_that_was_checked(receiver, monkeypatch):
    """The name is asked once: a second, different answer changes nothing."""
    asked = []
    look_up = socket.getaddrinfo

    def answer(host, *words, **more):
        if host != "hook.example":
            return look_up(host, *words, **more)
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, receiver.server_port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert outgoing.post(f"http://hook.example:{receiver.server_port}/x", body=b"{}", headers={}) == 204
    assert receiver.heard[0][0]["Host"] == f"hook.example:{receiver.server_port}"
    assert asked == ["hook.example"]


def test_an_address_that_turns_private_later_is_not_called(receiver, settings):
    message = queued(receiver.url)
    settings.WEBHOOKS_TO_PRIVATE = False
    WebhookEndpoint.objects.update(url=receiver.url.replace("http:", "https:"))
    webhooks.deliver(now=NOW)
    message.refresh_from_db()
    assert not receiver.heard
    assert message.state == "waiting"


@pytest.mark.django_db(transaction=True)
def test_news_of_what_was_rolled_back_is_not_sent():
    endpoint("https://93.184.216.34/")
    with transaction.atomic():
        assert webhooks.emit("import.finished", {}) == 1
        transaction.set_rollback(True)
    assert not WebhookMessage.objects.exists()


def test_a_lease_left_by_a_killed_worker_is_free_when_it_ends(receiver):
    queued(receiver.url)
    claimed = webhooks._claim(NOW)
    assert len(claimed) == 1
    assert webhooks._claim(NOW) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_webhookmessage SET lease_until = now() - interval '1 second'")
    assert webhooks.deliver(now=NOW) == 1
    webhooks._settle(claimed[0], NOW, status=None, error="late")  # the one thought dead: its word counts no more
    assert WebhookMessage.objects.get().state == "delivered"


def test_the_pages_add_try_stop_and_show_dead_letters(client, receiver):
    client.force_login(factories.user(role="admin"))
    assert client.get("/webhooks/").status_code == 200
    wrong = client.post("/webhooks/", {"url": "ftp://x", "kinds": ["import.finished"]})
    assert wrong.status_code == 422
    made = client.post("/webhooks/", {"url": receiver.url, "kinds": ["import.finished"]}, follow=True)
    found = WebhookEndpoint.objects.get()
    assert found.secret in made.content.decode()
    client.post(f"/webhooks/{found.pk}/test/")
    WebhookMessage.objects.update(state="dead", attempts=11, last_error="HTTP 500", next_at=NOW)
    assert "HTTP 500" in client.get(f"/webhooks/{found.pk}/?state=dead").content.decode()
    client.post(f"/webhooks/{found.pk}/retry/", {"message": str(WebhookMessage.objects.get().pk)})
    assert webhooks.deliver(now=dt.datetime.now(dt.UTC)) == 1
    assert json.loads(receiver.heard[0][1])["type"] == "webhook.test"
    client.post(f"/webhooks/{found.pk}/stop/")
    assert not WebhookEndpoint.objects.get().is_active


@pytest.mark.parametrize("role", ["cs", "manager"])
def test_only_admins_see_them(client, role):
    client.force_login(factories.user(role=role))
    assert client.get("/webhooks/").status_code == 403
