"""Where the threads run that post letters."""

import os
import sys
import threading

import pytest

from pressrun.post.delivery.processor import one_processor


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets itself be told where a thread runs")
def test_threads_that_post_share_a_processor_and_nothing_else_does() -> None:
    begun, ended = threading.Event(), threading.Event()
    elsewhere: list[set[int]] = []

    def look(after: threading.Event) -> None:
        after.wait()
        elsewhere.append(os.sched_getaffinity(0))

    before = os.sched_getaffinity(0)
    other = threading.Thread(target=look, args=(begun,))
    other.start()
    with one_processor():
        assert len(os.sched_getaffinity(0)) == 1
        begun.set()
        other.join()
        mine = threading.Thread(target=look, args=(ended,))
        mine.start()
        ended.set()
        mine.join()
        assert elsewhere == [before, os.sched_getaffinity(0)]
    assert os.sched_getaffinity(0) == before
