"""When the tests of campaigns play: 10:00 of 20 November 2026 in Tokyo."""

import datetime as dt

NOW = dt.datetime(2026, 11, 20, 1, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 20)
