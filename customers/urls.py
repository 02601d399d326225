from django.urls import path

from .views import exports, imports, people, undoing

app_name = "customers"
urlpatterns = [
    path("", people.customer_list, name="list"),
    path("export/", exports.export, name="export"),
    path("exports/", exports.choose, name="exports"),
    path("exports/<slug:kind>/", exports.export, name="export-kind"),
    path("new/", people.new, name="new"),
    path("<int:pk>/", people.detail, name="detail"),
    path("<int:pk>/edit/", people.edit, name="edit"),
    path("<int:pk>/log/", people.log, name="log"),
    path("<int:pk>/timeline/", people.timeline, name="timeline"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:pk>/", imports.detail, name="import-detail"),
    path("imports/<int:pk>/columns/", imports.mapping, name="import-mapping"),
    path("imports/<int:pk>/preview/", imports.preview, name="import-preview"),
    path("imports/<int:pk>/stop/", imports.cancel, name="import-cancel"),
    path("imports/<int:pk>/rejects/", imports.rejected, name="import-rejects"),
    path("imports/<int:pk>/undo/", undoing.undo, name="import-undo"),
    path("imports/<int:pk>/undo/kept/", undoing.kept, name="import-kept"),
]
