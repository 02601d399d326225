from django.urls import path

from . import views

app_name = "success"
urlpatterns = [
    path("today/", views.today, name="today"),
    path("calls/<int:pk>/", views.call, name="call"),
    path("customers/<int:pk>/snooze/", views.snooze, name="snooze"),
]
