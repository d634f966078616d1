"""A disk on which there is little room."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def a_small_disk(size: int) -> Iterator[None]:
    """No file grows beyond *size* bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
