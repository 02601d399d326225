from django.urls import path

from . import views

app_name = "success"
urlpatterns = [
    path("today/", views.today, name="today"),
    path("customers/<int:pk>/snooze/", views.snooze, name="snooze"),
]
