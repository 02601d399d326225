from django.urls import path

from .views import imports

app_name = "customers"
urlpatterns = [
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:pk>/", imports.detail, name="import-detail"),
    path("imports/<int:pk>/columns/", imports.mapping, name="import-mapping"),
    path("imports/<int:pk>/preview/", imports.preview, name="import-preview"),
    path("imports/<int:pk>/stop/", imports.cancel, name="import-cancel"),
    path("imports/<int:pk>/rejects/", imports.rejected, name="import-rejects"),
]
