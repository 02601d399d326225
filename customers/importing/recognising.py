"""Exports of other programs, known by their headers: what they are, and the mapping they are read with.

Sources of the headers: the makers' own exports (Shopify Admin "Export orders", Stripe Dashboard "Export
subscriptions", Salesforce Data Export and reports, HubSpot "Export" of companies and contacts, EC-CUBE 4
受注CSV, BASE 注文データ). A column an export may leave out is taken where it stands.

Amounts. Shopify: price × quantity a line, less the order's discount and what was paid back, which stand on its first
line, come off that, and where it is not enough off the others in proportion. EC-CUBE: price × quantity before tax;
discounts and points are lines of their own, postage and fees are no goods. BASE: price × quantity with tax. Stripe:
amount × quantity per interval.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .columns import choices_of
from .headers import plain
from .kinds import KINDS
from .mapping import Mapping

_RECIPES = ("products", "less", "skip", "values")


@dataclass(frozen=True)
class Export:
    """A known export: the headers that mark it, and fields → the headers that may hold them (the first there is)."""

    code: str
    name: Any
    kind: str
    marks: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    recipe: dict[str, Any]
    keeps_the_rest: bool = False
    leaves_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recognised:
    """What a file is: its kind, the export's code and name, and the mapping JSON it is read with."""

    kind: str
    code: str
    name: str
    mapping: dict[str, Any]


def recognise(header: list[str], kind: str = "") -> Recognised | None:
    """The export a header belongs to; with `kind`, only as one of that kind."""
    there = {plain(cell) for cell in header}
    for export in EXPORTS:
        if export.kind in KINDS and kind in {"", export.kind} and there.issuperset(map(plain, export.marks)):
            return Recognised(export.kind, export.code, str(export.name), _mapping(export, header))
    return None


def completed(kind: str, header: list[str], given: dict[str, Any]) -> dict[str, Any]:
    """The mapping JSON with a known export's, where nobody gave columns, or gave them knowing what the file is."""
    found = recognise(header, kind)
    if not found or ("columns" in given and given.get("recognised_as") != found.code):
        return given
    mapping = found.mapping | {name: value for name, value in given.items() if value is not None}
    by_hand = set((given.get("columns") or {}).values())
    for name in ("products", "less"):
        mapping[name] = {field: cells for field, cells in mapping.get(name, {}).items() if field not in by_hand}
    mapping["constants"] = found.mapping["constants"] | (given.get("constants") or {})
    return mapping


def name_of(mapping: Mapping) -> str:
    """The name of the export a mapping was made for, or ''."""
    return next((str(export.name) for export in EXPORTS if export.code == mapping.recognised_as), "")


def settle(mapping: Mapping) -> Mapping:
    """The mapping with a notice of what the file was taken for."""
    if not mapping.recognised_as:
        return mapping
    said = gettext("Read as an export: %(name)s.") % {"name": name_of(mapping)}
    return replace(mapping, notices=(said, *mapping.notices))


def _mapping(export: Export, header: list[str]) -> dict[str, Any]:
    places = {plain(cell): f"#{index}" for index, cell in reversed(list(enumerate(header)))}
    columns: dict[str, str | None] = {}
    for field, names in export.columns.items():
        held = [places[plain(name)] for name in names if plain(name) in places]
        if field in choices_of(export.kind):
            columns |= dict.fromkeys(held if field in {"customer_id", "status"} else held[:1], field)
    rest = export.leaves_out if export.keeps_the_rest else header
    left_out = {places[plain(name)]: None for name in rest if places.get(plain(name), "") not in {"", *columns}}
    recipe = {name: _there(table, places) for name, table in export.recipe.items() if name in _RECIPES}
    constants = export.recipe.get("constants", {})
    return {
        **export.recipe,
        **recipe,
        "columns": left_out | columns,
        "constants": constants,
        "recognised_as": export.code,
    }


def _there(table: dict[str, Any], places: dict[str, str]) -> dict[str, Any]:
    """A recipe with the columns this file has: tables by header (skip, values), lists of headers by field."""
    fitting: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, tuple):
            fitting[name] = [places[plain(cell)] for cell in value if plain(cell) in places]
        elif plain(name) in places:
            fitting[places[plain(name)]] = value
    return fitting


_ONCE = {"once_per_order": ["customer_id", "purchased_at", "status"]}
EXPORTS = (
    Export(
        code="shopify_orders",
        name=_("Shopify orders"),
        kind="purchases",
        marks=("Name", "Email", "Financial Status", "Lineitem quantity", "Lineitem name", "Lineitem price"),
        columns={
            "order_id": ("Name",),
            "customer_id": ("Email",),
            "purchased_at": ("Created at", "Paid at"),
            "currency": ("Currency",),
            "status": ("Financial Status", "Cancelled at"),
            "product": ("Lineitem name",),
            "quantity": ("Lineitem quantity",),
        },
        recipe={
            "products": {"amount": ("Lineitem price", "Lineitem quantity")},
            "less": {"amount": ("Discount Amount", "Refunded Amount")},
            "values": {
                "Financial Status": {"voided": "cancelled", "expired": "cancelled", "*": ""},
                "Cancelled at": {"*": "cancelled"},
            },
            "spreads": True,
            **_ONCE,
        },
    ),
    Export(
        code="stripe_subscriptions",
        name=_("Stripe subscriptions"),
        kind="contracts",
        marks=("id", "Customer ID", "Plan", "Interval", "Amount", "Status", "Current Period End (UTC)"),
        columns={
            "contract_id": ("id",),
            "customer_id": ("Customer ID",),
            "plan": ("Plan", "Product"),
            "billing_cycle": ("Interval",),
            "currency": ("Currency",),
            "seats": ("Quantity",),
            "starts_on": ("Start Date (UTC)", "Start (UTC)", "Created (UTC)"),
            "renews_on": ("Current Period End (UTC)",),
            "cancelled_on": ("Canceled At (UTC)",),
            "ends_on": ("Ended At (UTC)",),
            "reason": ("Cancellation Reason",),
            "is_trial": ("Status",),
        },
        recipe={
            "products": {"amount": ("Amount", "Quantity")},
            "values": {"Status": {"trialing": "true", "*": "false"}},
            "skip": {"Status": ["incomplete", "incomplete_expired"]},
        },
    ),
    Export(
        code="salesforce_accounts",
        name=_("Salesforce accounts"),
        kind="customers",
        marks=("Id", "Name", "BillingStreet", "BillingCity", "CreatedDate", "OwnerId"),
        columns={
            "customer_id": ("Id",),
            "name": ("Name",),
            "phone": ("Phone",),
            "postal_code": ("BillingPostalCode",),
            "prefecture": ("BillingState",),
            "city": ("BillingCity",),
            "street": ("BillingStreet",),
            "industry": ("Industry",),
            "joined_on": ("CreatedDate",),
            "acquired_via": ("AccountSource",),
            "parent": ("ParentId",),
        },
        recipe={"constants": {"kind": "company"}, "skip": {"IsDeleted": ["true", "1"]}},
        keeps_the_rest=True,
        leaves_out=(
            *("IsDeleted", "MasterRecordId", "OwnerId", "CreatedById", "LastModifiedDate", "LastModifiedById"),
            *("SystemModstamp", "LastActivityDate", "LastViewedDate", "LastReferencedDate", "PhotoUrl", "Jigsaw"),
            *("JigsawCompanyId", "CleanStatus", "BillingLatitude", "BillingLongitude", "BillingGeocodeAccuracy"),
            *("ShippingLatitude", "ShippingLongitude", "ShippingGeocodeAccuracy", "RecordTypeId", "DandbCompanyId"),
        ),
    ),
    Export(
        code="salesforce_accounts",
        name=_("Salesforce accounts"),
        kind="customers",
        marks=("Account ID", "Account Name", "Account Owner"),
        columns={
            "customer_id": ("Account ID",),
            "name": ("Account Name",),
            "owner": ("Account Owner",),
            "phone": ("Phone",),
            "postal_code": ("Billing Zip/Postal Code",),
            "prefecture": ("Billing State/Province",),
            "city": ("Billing City",),
            "street": ("Billing Street",),
            "industry": ("Industry",),
            "joined_on": ("Created Date",),
            "acquired_via": ("Account Source",),
        },
        recipe={"constants": {"kind": "company"}},
        keeps_the_rest=True,
        leaves_out=("Last Activity", "Last Modified Date"),
    ),
    Export(
        code="hubspot_companies",
        name=_("HubSpot companies"),
        kind="customers",
        marks=("Record ID", "Company name", "Company owner"),
        columns={
            "customer_id": ("Record ID",),
            "name": ("Company name",),
            "owner": ("Company owner",),
            "phone": ("Phone Number",),
            "postal_code": ("Postal Code",),
            "prefecture": ("State/Region",),
            "city": ("City",),
            "street": ("Street Address",),
            "industry": ("Industry",),
            "joined_on": ("Create Date",),
        },
        recipe={"constants": {"kind": "company"}},
        keeps_the_rest=True,
        leaves_out=("Last Activity Date", "Last Modified Date", "Object create date/time"),
    ),
    Export(
        code="hubspot_contacts",
        name=_("HubSpot contacts"),
        kind="contacts",
        marks=("Record ID", "First Name", "Last Name", "Email"),
        columns={
            "contact_id": ("Record ID",),
            "customer_id": (
                *("Associated Company IDs (Primary)", "Primary Associated Company ID", "Associated Company ID"),
                "Associated Company IDs",
            ),
            "family_name": ("Last Name",),
            "given_name": ("First Name",),
            "email": ("Email",),
            "phone": ("Phone Number", "Mobile Phone Number"),
            "title": ("Job Title",),
        },
        recipe={},
    ),
    Export(
        code="hubspot_contacts",
        name=_("HubSpot contacts"),
        kind="customers",
        marks=("Record ID", "First Name", "Last Name", "Email"),
        columns={
            "customer_id": ("Record ID",),
            "family_name": ("Last Name",),
            "given_name": ("First Name",),
            "email": ("Email",),
            "phone": ("Phone Number", "Mobile Phone Number"),
            "company": ("Associated Company", "Company Name"),
            "owner": ("Contact owner",),
            "joined_on": ("Create Date",),
        },
        recipe={"constants": {"kind": "person"}},
        keeps_the_rest=True,
        leaves_out=("Last Activity Date", "Last Modified Date", "Associated Company IDs"),
    ),
    Export(
        code="eccube_orders",
        name=_("EC-CUBE orders"),
        kind="purchases",
        marks=("注文ID", "会員ID", "受注日", "商品名", "価格", "個数", "明細区分(名称)"),
        columns={
            "purchase_id": ("注文詳細ID",),
            "order_id": ("注文番号", "注文ID"),
            "customer_id": ("会員ID", "メールアドレス"),
            "purchased_at": ("受注日",),
            "status": ("対応状況(名称)",),
            "product": ("商品名",),
            "quantity": ("個数",),
            "tax_rate": ("税率",),
        },
        recipe={
            "products": {"amount": ("価格", "個数")},
            "skip": {"明細区分(名称)": ["送料", "手数料", "税"]},
            "constants": {"tax_included": "false"},
            "spreads": True,
        },
    ),
    Export(
        code="base_orders",
        name=_("BASE orders"),
        kind="purchases",
        marks=("注文ID", "注文日時", "メールアドレス(請求先)", "商品名", "価格", "数量", "発送状況"),
        columns={
            "order_id": ("注文ID",),
            "customer_id": ("メールアドレス(請求先)",),
            "purchased_at": ("注文日時",),
            "status": ("発送状況",),
            "product": ("商品名",),
            "quantity": ("数量",),
            "tax_rate": ("税率",),
        },
        recipe={"products": {"amount": ("価格", "数量")}, "constants": {"tax_included": "true"}},
    ),
)
