from django.urls import path

from . import views

app_name = "segments"
urlpatterns = [
    path("", views.segment_list, name="list"),
    path("customers/<int:pk>/", views.customer_panel, name="customer-panel"),
    path("<slug:slug>/", views.detail, name="detail"),
    path("<slug:slug>/export/", views.export, name="export"),
]
