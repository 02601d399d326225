from django.urls import path

from . import rsvp, views, visits

app_name = "portal"
urlpatterns = [
    path("u/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("r/<str:token>/", rsvp.answer, name="rsvp"),
    path("r/<str:token>/event.ics", rsvp.calendar, name="rsvp-calendar"),
    path("c/<str:token>/<int:number>/", visits.click, name="click"),
    path("o/<str:token>.gif", visits.opened, name="opened"),
]
