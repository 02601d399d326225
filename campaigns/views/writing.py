"""Writing the mail of one step, block by block: what is typed is kept, faulty or not, and shown as it will be read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from accounts.roles import may
from campaigns import blocks, composing, fields
from campaigns.models import Campaign, Step, Variant, Way
from campaigns.states import CampaignError
from campaigns.step_forms import LONG_SUBJECT, Sheet

from . import find, number
from .previews import preview_of, step_of, variant_of

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
HOURS = (1, 24 * 14)


@may("campaigns.edit")
@get_or_post
def step(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """The composer. Each button saves what is typed and does one thing more."""
    campaign = find(pk)
    written = step_of(campaign, position)
    variant = variant_of(request, written)
    if not composing.is_open(written):
        return redirect("campaigns:detail", pk)
    if request.method == "POST":
        return _do(request, campaign, written, variant, request.POST.get("do", "save"))
    sheet = Sheet.of(written.variants.get(letter=variant) if variant else written)
    return _page(request, campaign, written, variant, sheet)


def _do(request: HttpRequest, campaign: Campaign, step: Step, variant: str, do: str) -> HttpResponse:
    sheet = Sheet.typed(request.POST)
    changed = sheet.after(do, request.POST)
    is_auto = do == "auto"
    try:
        message = composing.Message(changed.subject, changed.body, changed.stored)
        campaign.version = composing.write(
            step=step,
            variant=variant,
            message=message,
            by=request.user,
            version=number(request.POST.get("version")) or 0,
            is_auto=is_auto,
        )
        step.refresh_from_db()
        after = _variants(request, campaign, step, variant, do)
    except CampaignError as error:
        campaign.version = Campaign.objects.values_list("version", flat=True).get(pk=campaign.pk)
        return _page(request, campaign, step, variant, sheet, problem=str(error), is_auto=is_auto)
    if after is not None:
        return redirect(after)
    if do == "save":
        return redirect("campaigns:detail", campaign.pk)
    return _page(request, campaign, step, variant, changed, is_auto=is_auto, done=do)


def _variants(request: HttpRequest, campaign: Campaign, step: Step, variant: str, do: str) -> str | None:
    """Adds or removes a variant, sets the test; where to go then."""
    here = reverse("campaigns:step", args=[campaign.pk, step.position])
    version = campaign.version
    if do == "variant:add":
        made = composing.add_variant(step=step, by=request.user, version=version)
        return f"{here}?variant={made.letter}"
    if do == "variant:remove":
        composing.remove_variant(step=step, variant=variant, by=request.user, version=version)
        return here
    if do == "test":
        percent = min(max(number(request.POST.get("test_percent")) or 0, 0), 50)
        hours = min(max(number(request.POST.get("test_hours")) or HOURS[0], HOURS[0]), HOURS[1])
        composing.set_test(campaign=campaign, percent=percent, hours=hours, by=request.user, version=version)
        return f"{here}?variant={variant}" if variant else here
    return None


def _page(
    request: HttpRequest,
    campaign: Campaign,
    step: Step,
    variant: str,
    sheet: Sheet,
    *,
    problem: str = "",
    is_auto: bool = False,
    done: str = "",
) -> HttpResponse:
    """The whole page, or to htmx the part it asked for."""
    here = reverse("campaigns:step", args=[campaign.pk, step.position])
    context = {
        "campaign": campaign,
        "step": step,
        "sheet": sheet,
        "kinds": blocks.KINDS.values(),
        "merge_fields": merge_fields(),
        "is_mail": step.channel == Way.MAIL,
        "letters": _letters(step, variant, here),
        "may_add_variant": step.variants.count() < len(composing.LETTERS),
        "steps_of_campaign": campaign.steps.filter(edition=step.edition),
        "problem": problem,
        "done": done,
        "long_subject": LONG_SUBJECT,
        "action": f"{here}?variant={variant}" if variant else here,
        **preview_of(request, campaign, step, here, variant),
    }
    template = "campaigns/step.html"
    if request.htmx and not request.htmx.boosted:
        template = "campaigns/_autosaved.html" if is_auto else _part(request)
    return render(request, template, context, status=422 if problem else 200)


def _part(request: HttpRequest) -> str:
    return "campaigns/_preview.html" if request.htmx.target == "preview" else "campaigns/_composer.html"


def _letters(step: Step, variant: str, here: str) -> list[tuple[str, str, bool]]:
    """Letter, address, whether it is this one: A is the step's own."""
    others = Variant.objects.filter(step=step).values_list("letter", flat=True)
    return [("A", here, not variant), *((one, f"{here}?variant={one}", one == variant) for one in others)]


def merge_fields() -> list[tuple[str, str]]:
    """What it is, and what is put into the text; where the field may be empty, with words that stand in for it."""
    is_japanese = (get_language() or "").startswith("ja")
    found = []
    for one in fields.FIELDS:
        name = one.word if is_japanese else one.key
        instead = fields.STAND_INS.get(one.key, ("", ""))[0 if is_japanese else 1]
        found.append((str(one.label), f'{{{{ {name} | default: "{instead}" }}}}' if instead else f"{{{{ {name} }}}}"))
    return found
