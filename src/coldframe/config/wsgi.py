"""The WSGI entry point that the server loads: the event API before, Django behind."""

import os
from typing import cast

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coldframe.config.settings")
pages = get_wsgi_application()

from coldframe.api import gateway  # noqa: E402 - It needs Django set up.

# Django answers with a response, which is what it is read as here: the parts of a body.
application = gateway.gate(cast(gateway.Application, pages))
