"""What every page's frame shows."""

from django.conf import settings

from .models import Installation, Role


def page(request):
    """`installation`, `is_demo`, `is_admin`, `is_leader` for base.html."""
    user = getattr(request, "user", None)
    role = getattr(user, "role", "")
    return {
        "installation": getattr(request, "installation", None) or Installation.get(),
        "is_admin": role == Role.ADMIN,
        "is_leader": role in {Role.MANAGER, Role.ADMIN},
        "base_url": settings.BASE_URL,
    }
