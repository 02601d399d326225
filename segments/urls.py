from django.urls import path

from .views import builder, frozen, insight, segments, touch, why

app_name = "segments"
urlpatterns = [
    path("", segments.segment_list, name="list"),
    path("new/", builder.new, name="new"),
    path("builder/count/", builder.count, name="count"),
    path("builder/stop/", builder.stop, name="stop"),
    path("builder/suggest/", builder.suggest, name="suggest"),
    path("customers/<int:pk>/", why.customer_panel, name="customer-panel"),
    path("frozen/new/", frozen.new, name="frozen-new"),
    path("frozen/<int:pk>/", frozen.preview, name="frozen-preview"),
    path("frozen/<int:pk>/missing/", frozen.missing, name="frozen-missing"),
    path("touch/", touch.overview, name="touch"),
    path("touch/due/", touch.due, name="touch-due"),
    path("touch/change/", touch.change, name="touch-change"),
    path("touch/move/", touch.move, name="touch-move"),
    path("touch/load.csv", touch.load_file, name="touch-load-file"),
    path("touch/tiers.csv", touch.tiers_file, name="touch-tiers-file"),
    path("touch/customers/<int:pk>/", touch.customer, name="touch-customer"),
    path("touch/customers/<int:pk>/set/", touch.override, name="touch-override"),
    path("<slug:slug>/freeze/", frozen.copy, name="freeze"),
    path("<slug:slug>/members/", frozen.change, name="frozen-change"),
    path("<slug:slug>/", segments.detail, name="detail"),
    path("<slug:slug>/why/", why.narrowed, name="why"),
    path("<slug:slug>/edit/", builder.edit, name="edit"),
    path("<slug:slug>/delete/", builder.delete, name="delete"),
    path("<slug:slug>/deleted/", builder.deleted, name="deleted"),
    path("<slug:slug>/composition/", insight.composition, name="composition"),
    path("<slug:slug>/moves/", insight.moves, name="moves"),
    path("<slug:slug>/moves/export/", insight.export_moves, name="moves-export"),
    path("<slug:slug>/export/", segments.export, name="export"),
]
