from django.urls import path

from .views import contacts, exports, imports, interactions, people, privacy, undoing

app_name = "customers"
urlpatterns = [
    path("", people.customer_list, name="list"),
    path("export/", exports.export, name="export"),
    path("exports/", exports.choose, name="exports"),
    path("exports/<slug:kind>/", exports.export, name="export-kind"),
    path("new/", people.new, name="new"),
    path("<int:pk>/", people.detail, name="detail"),
    path("<int:pk>/edit/", people.edit, name="edit"),
    path("<int:pk>/log/", interactions.log, name="log"),
    path("<int:pk>/interactions/<int:interaction_pk>/", interactions.edit, name="interaction"),
    path("<int:pk>/interactions/<int:interaction_pk>/close/", interactions.close, name="interaction-close"),
    path("<int:pk>/contacts/new/", contacts.new, name="contact-new"),
    path("<int:pk>/contacts/<int:contact_pk>/", contacts.edit, name="contact"),
    path("<int:pk>/contacts/<int:contact_pk>/primary/", contacts.make_primary, name="contact-primary"),
    path("<int:pk>/personal/", privacy.hand_out, name="personal"),
    path("<int:pk>/erase/", privacy.erase, name="erase"),
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
