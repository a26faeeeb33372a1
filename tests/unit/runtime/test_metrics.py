"""Counters that any tool of the field reads, with no label that names a peer."""

import io
import subprocess
import sys
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pcloud import __version__
from pcloud.ambient.system import system_entropy
from pcloud.errors import STAGE_OF, Code
from pcloud.runtime.config import Log as Settings
from pcloud.runtime.logs import Event, Log
from pcloud.runtime.metrics import BATCH_ENTRIES, COMMIT_SECONDS, Gauges, Metrics


class Clock:
    """A clock that stands until it is moved."""

    passed = 100.0

    def now(self) -> int:
        return 1_800_000_000

    def elapsed(self) -> float:
        return self.passed

    def since_boot(self) -> float:
        return self.elapsed()

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


class Counted:
    """Metrics with what stands around them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.log = Log(io.StringIO(), self.clock, system_entropy, Settings())
        self.gauges = Gauges(0, 0, 0, 0, 0)
        self.metrics = Metrics(self.clock, self.log, lambda: self.gauges)

    def samples(self) -> dict[tuple[str, ...], float]:
        families = text_string_to_metric_families(self.metrics.text().decode())
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in families
            for sample in family.samples
        }


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_a_node_that_has_done_nothing_shows_every_metric_at_zero(counted: Counted) -> None:
    samples = counted.samples()

    assert samples.pop(("pcloud_build_info", __version__)) == 1
    assert set(samples.values()) == {0.0}
    assert {name for name, *labels in samples if not labels} == {
        "pcloud_packets_received_total",
        "pcloud_packets_crowded_out_total",
        "pcloud_packets_applied_total",
        "pcloud_frames_sent_total",
        "pcloud_messages_retried_total",
        "pcloud_receipts_given_total",
        "pcloud_log_fields_dropped_total",
        "pcloud_log_events_left_out_total",
        "pcloud_log_lines_lost_total",
        "pcloud_commit_seconds_count",
        "pcloud_commit_seconds_sum",
        "pcloud_commit_messages_count",
        "pcloud_commit_messages_sum",
        "pcloud_relationships",
        "pcloud_relationships_waiting",
        "pcloud_links",
        "pcloud_relays_connected",
        "pcloud_relay_frames_collected_total",
        "pcloud_relay_frames_kept_total",
        "pcloud_relay_frames_full_total",
        "pcloud_packets_queued",
        "pcloud_store_bytes",
        "pcloud_uptime_seconds",
    }


def test_what_is_counted_is_shown(counted: Counted) -> None:
    counted.metrics.received += 1
    counted.metrics.crowded_out += 2
    counted.metrics.applied += 3
    counted.metrics.sent += 4
    counted.metrics.retries += 5
    counted.metrics.receipts += 6
    counted.gauges = Gauges(7, 8, 9, 10, 11)
    counted.clock.passed += 12.5

    samples = counted.samples()

    assert samples["pcloud_packets_received_total",] == 1
    assert samples["pcloud_packets_crowded_out_total",] == 2
    assert samples["pcloud_packets_applied_total",] == 3
    assert samples["pcloud_frames_sent_total",] == 4
    assert samples["pcloud_messages_retried_total",] == 5
    assert samples["pcloud_receipts_given_total",] == 6
    assert samples["pcloud_relationships",] == 7
    assert samples["pcloud_relationships_waiting",] == 8
    assert samples["pcloud_links",] == 9
    assert samples["pcloud_packets_queued",] == 10
    assert samples["pcloud_store_bytes",] == 11
    assert samples["pcloud_uptime_seconds",] == 12.5


def test_refusals_are_counted_by_stage_and_code(counted: Counted) -> None:
    for code in Code:
        counted.metrics.refuse(code)
    counted.metrics.refuse(Code.CROSSED)

    samples = counted.samples()

    for code in Code:
        assert samples["pcloud_refused_total", code, STAGE_OF[code]] == (2 if code is Code.CROSSED else 1)


def test_commits_are_counted_with_their_time_and_size(counted: Counted) -> None:
    for seconds, entries in ((0.0004, 0), (0.001, 1), (0.0011, 200), (60.0, 5_000)):
        counted.metrics.commit(seconds, entries)

    samples = counted.samples()

    assert samples["pcloud_commit_seconds_count",] == 4
    assert samples["pcloud_commit_seconds_sum",] == pytest.approx(60.0025)
    assert samples["pcloud_commit_seconds_bucket", "0.0005"] == 1
    assert samples["pcloud_commit_seconds_bucket", "0.001"] == 2
    assert samples["pcloud_commit_seconds_bucket", "0.002"] == 3
    assert samples["pcloud_commit_seconds_bucket", str(COMMIT_SECONDS[-1])] == 3
    assert samples["pcloud_commit_seconds_bucket", "+Inf"] == 4
    assert samples["pcloud_commit_messages_sum",] == 5_201
    assert samples["pcloud_commit_messages_bucket", "0"] == 1
    assert samples["pcloud_commit_messages_bucket", "1"] == 2
    assert samples["pcloud_commit_messages_bucket", str(BATCH_ENTRIES[-1])] == 3
    assert samples["pcloud_commit_messages_bucket", "+Inf"] == 4


def test_what_the_log_kept_out_is_counted(counted: Counted) -> None:
    fields: Any = {"name": "anna"}
    for _ in range(11):
        counted.log.note(Event.STARTED, **fields)

    samples = counted.samples()

    assert samples["pcloud_log_fields_dropped_total",] == 10
    assert samples["pcloud_log_events_left_out_total",] == 1
    assert samples["pcloud_log_lines_lost_total",] == 0
    assert b"anna" not in counted.metrics.text()


def test_asking_changes_nothing(counted: Counted) -> None:
    counted.metrics.refuse(Code.SHAPE)
    counted.metrics.commit(0.1, 1)

    assert counted.metrics.text() == counted.metrics.text()


def test_only_stages_codes_bounds_and_the_version_are_labels(counted: Counted) -> None:
    counted.metrics.refuse(Code.SHAPE)

    families = text_string_to_metric_families(counted.metrics.text().decode())
    labels = {name for family in families for sample in family.samples for name in sample.labels}

    assert labels == {"stage", "code", "le", "version"}


def test_two_nodes_in_one_process_do_not_share_their_numbers() -> None:
    one, other = Counted(), Counted()
    one.metrics.received += 1
    one.metrics.refuse(Code.SHAPE)

    assert other.samples()["pcloud_packets_received_total",] == 0
    assert ("pcloud_refused_total", "shape", "form") not in other.samples()


def test_the_library_of_the_format_is_not_loaded_before_somebody_asks() -> None:
    # So that it slows no start.
    script = "import sys, pcloud.runtime.metrics; sys.exit('prometheus_client' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
