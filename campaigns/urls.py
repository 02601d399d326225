from django.urls import path

from .views import approval, compose, customer_panel, occasions, postal, results, running

app_name = "campaigns"
urlpatterns = [
    path("", compose.campaign_list, name="list"),
    path("new/", compose.new, name="new"),
    path("customers/<int:pk>/", customer_panel.customer_panel, name="customer-panel"),
    path("customers/<int:pk>/exclude/", customer_panel.exclude, name="exclude"),
    path("customers/<int:pk>/readmit/", customer_panel.readmit, name="readmit"),
    path("<int:pk>/", compose.detail, name="detail"),
    path("<int:pk>/edit/", compose.edit, name="edit"),
    path("<int:pk>/behind/<slug:code>/", results.behind, name="behind"),
    path("<int:pk>/deliveries/<slug:state>/", results.deliveries, name="deliveries"),
    path("<int:pk>/test/", running.send_test, name="test"),
    path("<int:pk>/postal/", postal.lists, name="postal"),
    path("<int:pk>/postal/make/", postal.make, name="postal-make"),
    path("<int:pk>/postal/codes/", postal.codes, name="postal-codes"),
    path("<int:pk>/postal/<uuid:token>/download/", postal.download, name="postal-download"),
    path("<int:pk>/postal/<uuid:token>/posted/", postal.posted, name="postal-posted"),
    path("<int:pk>/postal/<uuid:token>/back/", postal.back, name="postal-back"),
    path("<int:pk>/launch/", running.launch, name="launch"),
    path("<int:pk>/progress/", running.progress, name="progress"),
    path("<int:pk>/event/", occasions.event, name="event"),
    path("<int:pk>/event/edit/", occasions.edit, name="event-edit"),
    path("<int:pk>/event/call-off/", occasions.call_off, name="event-off"),
    path("<int:pk>/event/told/", occasions.told, name="event-told"),
    path("<int:pk>/event/export/", occasions.export, name="event-export"),
    path("<int:pk>/event/door/", occasions.door, name="door"),
    path("<int:pk>/event/door/<int:rsvp_pk>/", occasions.tick, name="door-tick"),
    path("<int:pk>/event/attendance/", occasions.bring, name="attendance"),
    path("approvals/", approval.approvals, name="approvals"),
    path("<int:pk>/approval/", approval.approval, name="approval"),
    path("<int:pk>/approval/ask/", approval.ask, name="approval-ask"),
    path("<int:pk>/approval/decide/", approval.decide, name="approval-decide"),
    path("<int:pk>/approval/withdraw/", approval.withdraw, name="approval-withdraw"),
    path("<int:pk>/<slug:act>/", running.change, name="change"),
]
