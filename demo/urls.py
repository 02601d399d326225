from django.urls import path

from . import views

app_name = "demo"
urlpatterns = [
    path("mail/", views.mail_list, name="mailbox"),
    path("mail/<str:name>", views.mail_detail, name="mail"),
    path("mail/<str:name>/framed/", views.mail_framed, name="mail-framed"),
]
