from django.urls import path

from . import settings_views, views

app_name = "scores"
urlpatterns = [
    path("settings/", settings_views.score_settings, name="settings"),
    path("inactivity/", views.inactivity, name="inactivity"),
    path("customers/<int:pk>/", views.customer_panel, name="customer-panel"),
]
