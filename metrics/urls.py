from django.urls import path  # noqa: F401

app_name = "metrics"  # mounted at "": "" is the dashboard, "metrics/…" the reports, "api/v1/reports/…" the API
urlpatterns = []
