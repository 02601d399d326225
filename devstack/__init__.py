"""What runs Modoru on one bare machine: servers, processes, a mail sink, a browser.

Nothing in here is needed where DATABASE_URL and REDIS_URL point at real servers, and the product never imports it.
"""


class StackError(Exception):
    """Something the machine lacks or refuses, said in one sentence to the person at the terminal."""
