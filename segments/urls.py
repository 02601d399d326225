from django.urls import path

from .views import segments, why

app_name = "segments"
urlpatterns = [
    path("", segments.segment_list, name="list"),
    path("customers/<int:pk>/", why.customer_panel, name="customer-panel"),
    path("<slug:slug>/", segments.detail, name="detail"),
    path("<slug:slug>/export/", segments.export, name="export"),
]
