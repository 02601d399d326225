from django.urls import path

from . import line, rsvp, views, visits, webhooks

app_name = "portal"
urlpatterns = [
    path("u/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("r/<str:token>/", rsvp.answer, name="rsvp"),
    path("r/<str:token>/event.ics", rsvp.calendar, name="rsvp-calendar"),
    path("c/<str:token>/<int:number>/", visits.click, name="click"),
    path("o/<str:token>.gif", visits.opened, name="opened"),
    path("line/<str:code>/", line.join, name="line"),
    path("hooks/mail/<str:provider>/", webhooks.mail, name="hook-mail"),
    path("hooks/sms/", webhooks.sms, name="hook-sms"),
    path("hooks/line/", webhooks.line, name="hook-line"),
]
