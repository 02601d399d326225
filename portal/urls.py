from django.urls import path

from . import views

app_name = "portal"
urlpatterns = [
    path("u/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
