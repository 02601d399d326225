"""Why a row did not come in: stable codes and their sentences."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "missing": _("A required cell is empty."),
    "too_long": _("The text is longer than can be kept."),
    "bad_id": _(
        "This is not a code but a number a spreadsheet has rounded: format the column as text and export again."
    ),
    "similar_id": _("A known code differs only by leading zeros, width or case: write it as it is known."),
    "unknown_customer": _("No customer has this code."),
    "unknown_contract": _("No contract has this code."),
    "bad_date": _("This is not a day that can be read for certain: write it as 2024/4/1."),
    "ambiguous_date": _("Day and month cannot be told apart: say the order of the date, or write it as 2024/4/1."),
    "bad_time": _("This is not a time that can be read for certain: write it as 2024/4/1 14:30."),
    "bad_amount": _("This is not an amount that can be read for certain: write it as 1200 or -500."),
    "amount_too_large": _("The amount is beyond what can be kept."),
    "other_currency": _("The amount names another currency than the company's."),
    "bad_number": _("This is not a whole number."),
    "bad_boolean": _("This is neither yes nor no."),
    "bad_email": _("This is not an e-mail address."),
    "bad_phone": _("This is not a phone number that can be read for certain."),
    "bad_postal_code": _("This is not a postal code of seven digits."),
    "bad_kind": _("The kind is neither person nor company."),
    "bad_cycle": _("The billing cycle is neither monthly nor yearly."),
    "unclear_cycle": _("The amount has no billing cycle: say whether it is monthly or yearly."),
    "unclear_unit": _("The column counts in thousands or the like, and this cell names a unit of its own."),
    "cancelled_order": _("The order was cancelled: it is no purchase."),
    "future_date": _("This day is still to come."),
    "repeated_id": _("Another row of the file has the same id."),
    "superseded": _("A later row of the file has the same key and counts instead."),
    "bad_rate": _("This is not a tax rate in percent."),
    "ambiguous_owner": _("Several members of staff have this name: write the e-mail address."),
    "other_customer": _("This contract belongs to another customer."),
    "taken_id": _("This number belongs to a record of another customer."),
    "unknown_contact": _("No contact of this customer has this code, e-mail address or name."),
    "ambiguous_contact": _("Several contacts of this customer have this name: write the code or the e-mail address."),
    "bad_interaction_kind": _("This is none of phone, mail, chat, meeting, visit."),
    "bad_direction": _("This is neither outbound nor inbound."),
    "bad_category": _("This is none of question, request, complaint, sales, regular, office."),
    "bad_status": _("This is none of open, working, closed."),
    "bad_priority": _("This is none of low, normal, high, urgent."),
    "bad_score": _("This is not a mark from 0 to 100 with at most one decimal."),
    "resolved_before_it_occurred": _("It is resolved before it occurred."),
    "no_use": _("A quantity of 0 or less is no use of the service."),
    "pause_ends_before_start": _("The pause ends before it starts."),
    "ends_before_start": _("The contract ends before it starts."),
    "negative_mrr": _("The monthly amount is below 0."),
    "short_row": _("The row has fewer cells than the header."),
    "long_row": _("The row has more cells than the header."),
    "bad_quotes": _("A quotation mark leaves open where a cell ends: write one inside a cell twice."),
    "bad_bytes": _("The row holds bytes that are no text in the file's encoding: write it anew."),
    "huge_cell": _("A cell is longer than a million characters; only its beginning was kept."),
    "cell_error": _(
        "The cell holds no value but a spreadsheet's error, a formula that was never calculated, or a number merged"
        " over several rows: write the value into it."
    ),
}
