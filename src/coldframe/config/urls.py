from django.urls import include, path

urlpatterns = [path("", include("coldframe.web.urls"))]
