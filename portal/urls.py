from django.urls import path

from . import views, visits

app_name = "portal"
urlpatterns = [
    path("u/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("c/<str:token>/<int:number>/", visits.click, name="click"),
    path("o/<str:token>.gif", visits.opened, name="opened"),
]
