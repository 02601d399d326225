"""名寄せ: the list of pairs, two customers side by side, and what is decided of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import allows, may

from .. import comparing, listing, matching, merging, proposals
from ..models import Customer, Duplicate, Merge

AT_ONCE = 200  # pairs merged by one press of the button


@may("duplicates.view")
@require_safe
def proposed(request: HttpRequest) -> HttpResponse:
    """Pairs to be decided, those rejected, and what was merged."""
    wanted = proposals.Wanted.read(request.GET)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    is_merged = wanted.state == "merged"
    page = proposals.merges(after=after) if is_merged else proposals.page(wanted, after=after, before=before)
    context = {
        "wanted": wanted,
        "page": page,
        "pairs": [] if is_merged else [(pair, matching.words(pair.reasons)) for pair in page.rows],
        "may_merge": allows(request.user, "duplicates.merge"),
        "sure": matching.SURE,
        "reasons": matching.REASONS.items(),
        "levels": proposals.LEVELS,
        "owners": listing.owners(),
        "states": [(code, words, proposals.Wanted(state=code).address()) for code, words in comparing.STATES.items()],
        "sure_count": Duplicate.objects.filter(**_sure()).count(),
    }
    return render(request, "customers/duplicates.html", context)


def _sure() -> dict:
    """Pairs that may be merged many at once."""
    return {"state": Duplicate.State.OPEN, "proposal": Duplicate.Proposal.MERGE, "score__gte": matching.SURE}


@may("duplicates.view")
@require_safe
def pick(request: HttpRequest) -> HttpResponse:
    """Any two customers by their codes; merged ones are those they were put into."""
    codes = [request.GET.get(name, "").strip()[:100].replace("\0", "") for name in ("first", "second")]
    found = [Customer.objects.select_related("merged_into").filter(code=code).first() for code in codes]
    for code, one in zip(codes, found, strict=True):
        if one is None:
            messages.error(request, _("There is no customer with the code %(code)s.") % {"code": code or "–"})
    standing = [one.merged_into or one for one in found if one is not None]
    if len(standing) < 2:
        return redirect("customers:duplicates")
    if standing[0] == standing[1]:
        messages.error(request, _("Both codes belong to the same customer."))
        return redirect("customers:duplicates")
    return redirect("customers:duplicate", standing[0].pk, standing[1].pk)


@may("duplicates.view")
@require_safe
def compare(request: HttpRequest, first: int, second: int) -> HttpResponse:
    """Two customers side by side, and what a merge would do."""
    one, other = _both(first, second)
    if one.archived_at or other.archived_at:
        messages.info(request, _("One of the two has been merged or archived in the meantime."))
        return redirect("customers:duplicates")
    wanted = request.GET.get("winner", "")
    found = comparing.compare(one, other, winner_id=int(wanted) if wanted in {str(first), str(second)} else None)
    context = {
        "found": found,
        "reasons": matching.words(found.pair.reasons if found.pair else []),
        "may_merge": allows(request.user, "duplicates.merge"),
        "is_parent": found.pair is not None and found.pair.proposal == Duplicate.Proposal.PARENT,
    }
    return render(request, "customers/duplicate.html", context)


def _both(first: int, second: int) -> tuple[Customer, Customer]:
    """404 for one and the same."""
    people = Customer.objects.select_related("owner", "sales_owner", "deputy", "parent")
    return get_object_or_404(people.exclude(pk=second), pk=first), get_object_or_404(people, pk=second)


@may("duplicates.merge")
@require_POST
def merge(request: HttpRequest, first: int, second: int) -> HttpResponse:
    """Puts one into the other; the values chosen stand."""
    one, other = _both(first, second)
    winner, loser = (one, other) if request.POST.get("winner") == str(first) else (other, one)
    fields = [name for name in merging.COLUMNS if request.POST.get(f"field-{name}") == str(loser.pk)]
    try:
        merging.merge(winner=winner, loser=loser, fields=fields, by=request.user, now=timezone.now())
    except merging.MergeError as error:
        messages.error(request, str(error))
        return redirect("customers:duplicates")
    said = {"loser": loser.code, "winner": winner.name}
    messages.success(request, _("%(loser)s has been merged into %(winner)s. It can be undone at any time.") % said)
    return redirect("customers:detail", winner.pk)


@may("duplicates.merge")
@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """Several sure pairs: shown first, merged when confirmed."""
    found = Duplicate.objects.filter(**_sure()).select_related("first", "second").order_by("-score", "id")
    if "all" not in request.POST:
        ids = [int(one) for one in request.POST.getlist("pair") if one.isascii() and one.isdigit() and len(one) < 19]
        found = found.filter(pk__in=ids)
    pairs = list(found[:AT_ONCE])
    if not pairs:
        messages.info(request, _("Tick the pairs to merge first."))
        return redirect("customers:duplicates")
    if "confirmed" not in request.POST:
        shown = [(pair, *merging.fuller(pair.first, pair.second)) for pair in pairs]
        return render(request, "customers/duplicates_confirm.html", {"pairs": shown, "at_once": AT_ONCE})
    done, skipped = merging.merge_pairs(pairs, by=request.user, now=timezone.now())
    words = ngettext("%(count)s pair has been merged.", "%(count)s pairs have been merged.", done)
    messages.success(request, words % {"count": f"{done:,}"})
    if skipped:
        words = ngettext(
            "%(count)s pair had been merged through another one already.",
            "%(count)s pairs had been merged through others already.",
            skipped,
        )
        messages.info(request, words % {"count": f"{skipped:,}"})
    return redirect("customers:duplicates")


@may("duplicates.merge")
@require_POST
def reject(request: HttpRequest, first: int, second: int) -> HttpResponse:
    """Two different customers, for good."""
    return _decide(request, first, second, matching.reject, _("They are two; the pair will not be proposed again."))


@may("duplicates.merge")
@require_POST
def reopen(request: HttpRequest, first: int, second: int) -> HttpResponse:
    """Takes a rejection back."""
    return _decide(request, first, second, matching.reopen, _("The pair is to be decided again."))


def _decide(request: HttpRequest, first: int, second: int, decision, words: str) -> HttpResponse:
    low, high = sorted((first, second))
    pair = get_object_or_404(Duplicate, first=low, second=high)
    try:
        decision(pair=pair, by=request.user, now=timezone.now())
        messages.success(request, words)
    except matching.DecisionError as error:
        messages.error(request, str(error))
    return redirect("customers:duplicates")


@may("duplicates.merge")
@require_POST
def parent(request: HttpRequest, first: int, second: int) -> HttpResponse:
    """One is the head office of the other."""
    one, other = _both(first, second)
    head, branch = (one, other) if request.POST.get("parent") == str(first) else (other, one)
    try:
        matching.set_parent(parent=head, branch=branch, by=request.user, now=timezone.now())
    except matching.DecisionError as error:
        messages.error(request, str(error))
        return redirect("customers:duplicate", first, second)
    said = {"branch": branch.name, "parent": head.name}
    messages.success(request, _("%(branch)s now stands under %(parent)s.") % said)
    return redirect("customers:detail", branch.pk)


@may("duplicates.merge")
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Two customers again."""
    done = get_object_or_404(Merge.objects.select_related("loser"), pk=pk)
    try:
        undone = merging.undo(merge=done, by=request.user, now=timezone.now())
    except merging.MergeError as error:
        messages.error(request, str(error))
        return redirect("customers:detail", done.winner_id)
    messages.success(request, _("%(code)s is a customer of its own again.") % {"code": done.loser.code})
    if undone.kept_columns:
        names = ", ".join(comparing.words_of(undone.kept_columns))
        messages.info(request, _("Changed since the merge and left as they are: %(names)s.") % {"names": names})
    if undone.kept_rows:
        words = ngettext(
            "%(count)s row stays where it is: deleted or changed hands since.",
            "%(count)s rows stay where they are: deleted or changed hands since.",
            undone.kept_rows,
        )
        messages.info(request, words % {"count": f"{undone.kept_rows:,}"})
    return redirect("customers:detail", done.loser_id)
