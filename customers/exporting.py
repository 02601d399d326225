"""Customers as a file, in the columns the importer takes."""

from collections.abc import Iterator

from django.db.models import OuterRef, QuerySet, Subquery

from common import exports

from .models import Contact, Customer

COLUMNS = {
    "customer_id": "code",
    "name": "name",
    "kana": "kana",
    "kind": "kind",
    "company": "company",
    "email": "primary_email",
    "phone": "primary_phone",
    "postal_code": "postal_code",
    "address": "address",
    "industry": "industry",
    "region": "region",
    "owner": "owner__name",
    "joined_on": "joined_on",
    "birth_on": "birth_on",
    "acquired_via": "acquired_via",
}


def lines(found: QuerySet[Customer]) -> Iterator[str]:
    """BOM, header and a line a customer; memory does not grow with their number."""
    primary = Contact.objects.filter(customer=OuterRef("pk"), is_primary=True)
    rows = found.annotate(
        primary_email=Subquery(primary.values("email")[:1]), primary_phone=Subquery(primary.values("phone")[:1])
    )
    return exports.lines(list(COLUMNS), rows.values_list(*COLUMNS.values()).iterator(chunk_size=2000))
