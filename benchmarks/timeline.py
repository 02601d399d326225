"""A customer with ten thousand facts, for timing the page and its timeline."""

from collections.abc import Iterator
from urllib.parse import urlencode

FACTS = 10_000
# Half purchases (two lines an order), four tenths logins, the rest notes of CS staff and mails.
FILL = (
    """
    INSERT INTO customers_purchase (customer_id, line_key, order_id, nth, purchased_at, purchased_on, amount)
    SELECT %(who)s, gen_random_uuid(), 'BUSY' || n / 2, 1 + n %% 2, at, (at AT TIME ZONE 'Asia/Tokyo')::date, 1000 + n
      FROM generate_series(1, %(facts)s * 5 / 10) AS n,
           LATERAL (SELECT now() - n / 2 * interval '7 hours' AS at) AS moment
    """,
    """
    INSERT INTO customers_login (customer_id, logged_in_at, logged_in_on)
    SELECT %(who)s, at, (at AT TIME ZONE 'Asia/Tokyo')::date
      FROM generate_series(1, %(facts)s * 4 / 10) AS n, LATERAL (SELECT now() - n * interval '9 hours' AS at) AS moment
    """,
    """
    INSERT INTO customers_interaction
        (customer_id, occurred_at, kind, direction, subject, body, next_action, created_at)
    SELECT %(who)s, now() - n * interval '30 hours', 'phone', 'inbound', '用件' || n, repeat('本文', 100), '', now()
      FROM generate_series(1, %(facts)s / 20) AS n
    """,
    """
    INSERT INTO customers_event (customer_id, kind, at, data)
    SELECT %(who)s, 'mail_accepted', now() - n * interval '31 hours', '{"campaign_name": "春の便り"}'
      FROM generate_series(1, %(facts)s / 20) AS n
    """,
)


def busy_customer():
    """Makes him, among all the others."""
    from django.db import connection

    from customers.models import Contact, Customer

    who = Customer.objects.create(code="BUSY", name="株式会社一万件", sort_key="いちまん")
    Contact.objects.create(customer=who, name="田中 太郎", email="busy@example.jp", is_primary=True)
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, {"who": who.pk, "facts": FACTS})
    return who


def pages(who, count: int) -> Iterator[str]:
    """The page itself, the next entries somewhere in the middle, and one kind alone, in turn."""
    from customers import profile

    before = ""
    for number in range(count):
        if number % 3 == 0:
            yield f"/customers/{who.pk}/"
        elif number % 3 == 1:
            before = profile.timeline(who, before=before).older
            yield f"/customers/{who.pk}/timeline/?" + urlencode({"before": before})
        else:
            yield f"/customers/{who.pk}/timeline/?show=contacts"
