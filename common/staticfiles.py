"""Serves our own static files whole, and of the packages' folders only the files the pages name."""

from django.contrib.staticfiles.finders import FileSystemFinder
from whitenoise.storage import CompressedManifestStaticFilesStorage

NAMED = {
    "tabler/css": {"tabler.min.css"},
    "echarts": {"echarts.common.min.js"},
    "django_htmx": {"htmx-2.min.js"},
    "inter": {"inter-latin-wght-normal.woff2"},
}


class NamedFilesFinder(FileSystemFinder):
    """A FileSystemFinder that hides what no page asks for (a package brings hundreds of files)."""

    def find_location(self, root, path, prefix=None):
        found = super().find_location(root, path, prefix)
        if not found or not prefix:
            return found
        return found if path.removeprefix(f"{prefix}/") in NAMED[prefix] else None

    def list(self, ignore_patterns):
        for path, storage in super().list(ignore_patterns):
            prefix = getattr(storage, "prefix", None)
            if not prefix or path in NAMED[prefix]:
                yield path, storage


class PackedStorage(CompressedManifestStaticFilesStorage):
    """Names by content, packed as gzip and Brotli. Source maps named in the packages' files are not served."""

    patterns = (("*.css", (r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",)),)
