from django.urls import path

from . import api
from .views import churn, closing, cohorts, dashboard, files, flows, ltv, planning, reconciliation, rfm, simulator

app_name = "metrics"  # mounted at ""
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("metrics/", churn.index, name="index"),
    path("metrics/lost/<slug:code>/", churn.lost, name="lost"),
    path("metrics/churn/<slug:code>/definition/", reconciliation.definition, name="definition"),
    path(
        "metrics/churn/<slug:code>/definition/<slug:formula>/<slug:line>/",
        reconciliation.people,
        name="definition-people",
    ),
    path("metrics/ltv/", ltv.ltv, name="ltv"),
    path("metrics/cohorts/", cohorts.cohorts, name="cohorts"),
    path("metrics/rfm/", rfm.rfm, name="rfm"),
    path("metrics/rfm/<int:r>/<int:f>/", rfm.cell, name="cell"),
    path("metrics/rfm/scores/export/", rfm.scores, name="scores-export"),
    path("metrics/rfm/<int:r>/<int:f>/export/", rfm.export, name="cell-export"),
    path("metrics/rfm/movement/", flows.flow, name="flow"),
    path("metrics/rfm/movement/ask/", flows.ask, name="flow-ask"),
    path("metrics/rfm/movement/export/", flows.table, name="flow-export"),
    path("metrics/rfm/movement/customers/", flows.moved, name="moved"),
    path("metrics/rfm/movement/customers/export/", flows.export, name="moved-export"),
    path("metrics/simulator/", simulator.simulator, name="simulator"),
    path("metrics/closing/", closing.index, name="closing"),
    path("metrics/closing/<int:pk>/reopen/", closing.reopen, name="closing-reopen"),
    path("metrics/closing/<slug:code>/", closing.month, name="closing-month"),
    path("metrics/closing/<slug:code>/close/", closing.close, name="closing-close"),
    path("metrics/goals/", planning.goal_list, name="goals"),
    path("metrics/goals/set/", planning.goal_set, name="goal-set"),
    path("metrics/goals/<int:pk>/remove/", planning.goal_remove, name="goal-remove"),
    path("metrics/remarks/", planning.remark_list, name="remarks"),
    path("metrics/remarks/add/", planning.remark_add, name="remark-add"),
    path("metrics/remarks/restore/", planning.remark_restore, name="remark-restore"),
    path("metrics/remarks/<int:pk>/", planning.remark_edit, name="remark"),
    path("metrics/remarks/<int:pk>/delete/", planning.remark_delete, name="remark-delete"),
    path("metrics/csv/<slug:name>/", files.table, name="csv"),
    path("api/v1/reports/<slug:name>/", api.report, name="report"),
]
