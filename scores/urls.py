from django.urls import path

from . import views

app_name = "scores"
urlpatterns = [
    path("inactivity/", views.inactivity, name="inactivity"),
    path("customers/<int:pk>/", views.customer_panel, name="customer-panel"),
]
