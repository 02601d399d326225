from django.urls import path

from . import api_key_views, calendar_views, views, webhook_views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("language/", views.set_language, name="language"),
    path("users/", views.users, name="users"),
    path("users/new/", views.user_new, name="user-new"),
    path("users/<int:pk>/", views.user_edit, name="user-edit"),
    path("users/<int:pk>/join/", views.user_join, name="user-join"),
    path("settings/", views.installation, name="settings"),
    path("settings/calendar/", calendar_views.calendar, name="calendar"),
    path("settings/calendar/<int:pk>/remove/", calendar_views.remove, name="calendar-remove"),
    path("webhooks/", webhook_views.endpoints, name="webhooks"),
    path("webhooks/<int:pk>/", webhook_views.endpoint, name="webhook"),
    path("webhooks/<int:pk>/test/", webhook_views.test, name="webhook-test"),
    path("webhooks/<int:pk>/stop/", webhook_views.stop, name="webhook-stop"),
    path("webhooks/<int:pk>/retry/", webhook_views.retry, name="webhook-retry"),
    path("api-keys/", api_key_views.keys, name="api-keys"),
    path("api-keys/<int:pk>/revoke/", api_key_views.revoke, name="api-key-revoke"),
]
