"""Every address of the product, app by app."""

from django.urls import include, path

from . import api, health

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("accounts.urls")),
    path("customers/", include("customers.urls")),
    path("scores/", include("scores.urls")),
    path("segments/", include("segments.urls")),
    path("campaigns/", include("campaigns.urls")),
    path("success/", include("success.urls")),
    path("", include("metrics.urls")),
    path("demo/", include("demo.urls")),
    path("", include("portal.urls")),
    *api.urlpatterns,
    *api.last,
]

handler403 = "accounts.views.forbidden"
handler404 = "accounts.views.not_found"
handler500 = "accounts.views.server_error"
