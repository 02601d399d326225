from django.urls import path

from .views import frozen, segments, why

app_name = "segments"
urlpatterns = [
    path("", segments.segment_list, name="list"),
    path("customers/<int:pk>/", why.customer_panel, name="customer-panel"),
    path("frozen/new/", frozen.new, name="frozen-new"),
    path("frozen/<int:pk>/", frozen.preview, name="frozen-preview"),
    path("frozen/<int:pk>/missing/", frozen.missing, name="frozen-missing"),
    path("<slug:slug>/freeze/", frozen.copy, name="freeze"),
    path("<slug:slug>/members/", frozen.change, name="frozen-change"),
    path("<slug:slug>/", segments.detail, name="detail"),
    path("<slug:slug>/export/", segments.export, name="export"),
]
