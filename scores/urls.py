from django.urls import path

from . import model_views, settings_views, views

app_name = "scores"
urlpatterns = [
    path("settings/", settings_views.score_settings, name="settings"),
    path("model/", model_views.model, name="model"),
    path("model/table/", model_views.model_table, name="model-table"),
    path("compute/", views.compute, name="compute"),
    path("inactivity/", views.inactivity, name="inactivity"),
    path("customers/<int:pk>/", views.customer_panel, name="customer-panel"),
]
