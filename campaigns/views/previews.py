"""The mail as one customer would read it: whom to choose, and the mail itself in a frame that can do nothing."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from accounts.roles import may
from campaigns import painting, previewing
from campaigns.models import Campaign, Step, Variant
from customers.models import Customer
from customers.searching import search_form

from . import find, number

FOUND = 8  # customers offered for a preview
# The mail in its frame: its own styles, nothing from elsewhere, no script, no form, nobody else's page around it.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
WIDTHS, LOOKS = ("desktop", "phone"), ("light", "dark")


@dataclass(frozen=True)
class Chosen:
    """As whom, and how, the mail is shown."""

    customer: Customer | None
    persona: str
    query: str
    found: list[Customer]
    width: str
    look: str

    def address(self, **changes: str) -> str:
        """The query that shows the same with something changed."""
        now = {"width": self.width, "look": self.look, "q": self.query, "persona": self.persona}
        now["customer"] = str(self.customer.pk) if self.customer and not self.persona else ""
        if "persona" in changes:
            now["customer"] = ""
        if "customer" in changes:
            now["persona"] = ""
        return urlencode({key: value for key, value in {**now, **changes}.items() if value})


def step_of(campaign: Campaign, position: int) -> Step:
    """The step in the edition that is being written or sent now; the latest edition first."""
    steps = campaign.steps.filter(position=position).select_related("campaign", "campaign__offer")
    step = steps.order_by("-edition").first()
    if step is None:
        raise Http404
    return step


def variant_of(request: HttpRequest, step: Step) -> str:
    """The letter asked for; empty for the step's own words."""
    letter = request.GET.get("variant", "")
    if letter and letter != "A":
        return get_object_or_404(Variant, step=step, letter=letter).letter
    return ""


def preview_of(request: HttpRequest, campaign: Campaign, step: Step | None, here: str, variant: str = "") -> dict:
    """What _preview.html needs. `here`: the page's address, to which the choices go."""
    chosen = _chosen(request, campaign)
    shown = None
    if step and (chosen.persona or chosen.customer):
        shown = previewing.preview(
            step, customer=chosen.customer, persona=chosen.persona, variant=variant, now=timezone.now()
        )
    way = f"{here}?variant={variant}&" if variant else f"{here}?"
    return {
        "preview": shown,
        "chosen": chosen,
        "customer": chosen.customer,
        "persona": chosen.persona,
        "query": chosen.query,
        "found": [(one, f"{way}{chosen.address(customer=str(one.pk))}") for one in chosen.found],
        "personas": [(key, words, f"{way}{chosen.address(persona=key)}") for key, words in previewing.PERSONAS.items()],
        "widths": [(width, f"{way}{chosen.address(width=width)}") for width in WIDTHS],
        "looks": [(look, f"{way}{chosen.address(look=look)}") for look in LOOKS],
        "frame_query": f"{chosen.address()}&variant={variant}&version={campaign.version}",
        "here": here,
        "variant": variant,
        "preview_step": step,
    }


@may("campaigns.view")
@require_safe
@xframe_options_sameorigin
def mail(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """The HTML of a mail alone, for the frame of the preview."""
    campaign = find(pk)
    step = step_of(campaign, position)
    chosen = _chosen(request, campaign)
    shown = previewing.preview(
        step,
        customer=chosen.customer,
        persona=chosen.persona or ("" if chosen.customer else "long_company"),
        variant=variant_of(request, step),
        now=timezone.now(),
    )
    answer = HttpResponse(painting.in_look(shown.html, chosen.look))
    answer["Content-Security-Policy"] = FRAME_POLICY
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _chosen(request: HttpRequest, campaign: Campaign) -> Chosen:
    """One chosen, one invented, else the first of the audience."""
    query = request.GET.get("q", "").strip()
    persona = request.GET.get("persona", "")
    persona = persona if persona in previewing.PERSONAS else ""
    found = list(_matching(campaign, query)[:FOUND]) if query else []
    customer = None if persona else _customer(request, campaign, found)
    width, look = request.GET.get("width", ""), request.GET.get("look", "")
    return Chosen(
        customer,
        persona,
        query,
        found,
        width if width in WIDTHS else "desktop",
        look if look in LOOKS else "light",
    )


def _matching(campaign: Campaign, query: str) -> QuerySet[Customer]:
    """Those of the audience found by name, kana, code or e-mail, written in any way."""
    is_found = Q(code__iexact=query) | Q(name__icontains=query)
    if form := search_form(query):
        is_found |= Q(search_text__contains=form)
    return _members(campaign).filter(is_found)


def _members(campaign: Campaign) -> QuerySet[Customer]:
    """Those in the segment now; once planned, those in the ledger."""
    if campaign.planned_to is not None:
        inside = campaign.deliveries.values("customer")
    else:
        inside = campaign.segment.memberships.filter(left_on=None).values("customer")
    return Customer.objects.current().filter(pk__in=inside).order_by("sort_key", "pk")


def _customer(request: HttpRequest, campaign: Campaign, found: list[Customer]) -> Customer | None:
    pk = number(request.GET.get("customer"))
    if pk is not None:
        return Customer.objects.filter(pk=pk).first()
    if request.GET.get("q", "").strip():
        return found[0] if found else None
    return _members(campaign).first()
