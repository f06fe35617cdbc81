"""The application for gunicorn (Procfile): configuration from the environment, complete or fatal."""

import gc
import os

from amparo_notify import logs
from amparo_notify.bootstrap import build
from amparo_notify.config import Config
from amparo_notify.web import create_app

_config = Config.from_environment(os.environ)
logs.configure(_config.log_level, live=_config.live)
app = create_app(build(_config), _config)
gc.freeze()  # what was imported stays: no request waits while it is looked through
