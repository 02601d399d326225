"""The help says of every kind what its columns are, and hands out an empty file the importer itself understands."""

import pytest

from customers.importing import columns, guide, labels
from customers.models import Import
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", Import.Kind.values)
def test_the_empty_file_of_a_kind_is_understood_column_by_column(kind, client):
    client.force_login(factories.user(role="admin"))
    text = client.get(f"/customers/imports/help/{kind}.csv").content.decode("utf-8-sig")
    header = text.strip().split(",")
    mapping = columns.guess(kind, header)
    assert [mapping.fields.get(index) for index in range(len(header))] == header


def test_every_field_has_a_name_for_people_and_the_needed_ones_come_first():
    for _kind, _label, fields in guide.kinds():
        assert {one.name for one in fields} <= labels.FIELDS.keys()
        assert [one.is_required for one in fields] == sorted((one.is_required for one in fields), reverse=True)


def test_the_page_shows_every_kind_and_is_for_those_who_import(client):
    client.force_login(factories.user(role="admin"))
    page = client.get("/customers/imports/help/").content.decode()
    for kind in Import.Kind.values:
        assert f'id="kind-{kind}"' in page
    assert "令和6年4月1日" in page
    assert client.get("/customers/imports/help/nothing.csv").status_code == 404
    client.force_login(factories.user(role="cs"))
    assert client.get("/customers/imports/help/").status_code == 403
