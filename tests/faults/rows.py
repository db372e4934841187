"""The table of faults, and what shows each: rows of section 5 of the reliability research, then those added since.

A row is shown by tests of `make test`, by a fault of a whole machine that `make faults` breaks under traffic, or both.
"""

from dataclasses import dataclass

from tests.faults.all_faults import ALL_FAULTS
from tests.faults.fault import Fault

ADDED = 100  # numbers above it are not the research's


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    what: str
    tests: tuple[str, ...]
    """`path::name` below tests/."""

    @property
    def shown_number(self) -> str:
        return f"+{self.number - ADDED}" if self.number > ADDED else str(self.number)

    @property
    def faults(self) -> list[Fault]:
        return [fault for fault in ALL_FAULTS if self.number in fault.rows]


OUTAGES = "faults/test_redis_outages.py::"
CLIENTS = "faults/test_redirector_clients.py::"
CRASHES = "faults/test_delivery_crashes.py::"
TIKTOK = "faults/test_delivery_tiktok.py::"
DELIVERIES = "faults/test_delivery_rows.py::"
DEADLINE = "forwarder/intake/test_answer_deadline.py::"
PROCESSES = "redirector/test_processes.py::"
MACHINE = "faults/test_whole_machine.py::"

ROWS = (
    Row(1, "Redis killed, started again", (
        f"{OUTAGES}test_redis_killed_under_load_and_started_again_loses_no_click",
        "journeys/test_outages.py::test_clicks_and_installs_during_a_redis_outage_are_matched_once_it_is_back",
    )),
    Row(3, "Redis paused, or hung", (
        f"{OUTAGES}test_a_redis_that_hangs_costs_a_visitor_no_more_than_the_budget",
        f"{OUTAGES}test_a_redis_that_takes_no_writes_loses_no_click",
    )),
    Row(4, "Redis full", (f"{OUTAGES}test_a_redis_that_takes_no_writes_loses_no_click",)),
    Row(5, "a policy that evicts", (
        "cli/test_doctor.py::test_a_redis_that_would_lose_clicks_or_waste_memory_is_named",
    )),
    Row(7, "Redis loading, read-only, locked", (
        f"{OUTAGES}test_a_redis_that_is_loading_loses_no_click",
        f"{OUTAGES}test_a_redis_that_takes_no_writes_loses_no_click",
    )),
    Row(9, "power loss of the stores", (
        "redirector/test_spool.py::test_a_torn_tail_costs_the_torn_record_alone",
        "stack/test_engines.py::test_postgresql_starts_after_it_was_killed",
    )),
    Row(10, "forwarder or worker killed at each step", (
        f"{CRASHES}test_a_worker_killed_at_the_ledger_costs_at_most_one_more_send",
        f"{CRASHES}test_a_worker_killed_at_tiktok_costs_at_most_one_more_send",
        "journeys/test_outages.py::test_forwarder_killed_after_its_answer_has_lost_nothing",
    )),
    Row(12, "TikTok throttles", (
        f"{TIKTOK}test_a_throttle_pauses_the_whole_pixel_once_per_interval_and_everything_arrives_after",
    )),
    Row(13, "TikTok fails for ten minutes", (
        f"{TIKTOK}test_ten_minutes_of_failure_kill_nothing_and_drain_oldest_first",
    )),
    Row(14, "TikTok's answer late, torn or absent", (
        f"{TIKTOK}test_an_answer_that_does_not_come_whole_in_time_is_unknown_and_the_same_is_sent_again",
    )),
    Row(16, "one row of a batch of 50 is wrong", (
        f"{TIKTOK}test_of_a_batch_of_fifty_the_wrong_row_is_dead_and_the_others_are_delivered_once",
    )),
    Row(17, "token revoked, restored", (
        f"{TIKTOK}test_a_token_revoked_for_five_minutes_is_told_holds_the_pixel_and_costs_nothing",
    )),
    Row(18, "a row that poisons its sender", (
        f"{DELIVERIES}test_poison_ends_alone_and_its_neighbours_arrive_at_once",
        "forwarder/delivering/test_delivery_crashes.py"
        "::test_a_delivery_that_takes_its_worker_down_ends_alone_and_its_neighbours_arrive",
    )),
    Row(19, "one install a hundred times at once", (
        "forwarder/intake/test_install_handler.py"
        "::test_a_hundred_identical_installs_at_once_through_two_processes_are_one",
        "journeys/test_click_to_conversion.py::test_storm_of_one_install_is_one_conversion_and_one_answer",
    )),
    Row(20, "the clock jumps", (
        f"{DELIVERIES}test_a_clock_that_jumps_expires_nothing_early_and_starts_no_storm",
        f"{DELIVERIES}test_a_clock_that_jumps_back_gives_no_lease_away",
    )),
    Row(21, "disks full, one by one", (
        f"{OUTAGES}test_a_full_disk_still_redirects_and_what_fits_again_is_kept_again",
        f"{DELIVERIES}test_an_answer_is_not_lost_on_a_full_disk",
        "forwarder/test_outage.py::test_a_ledger_that_answers_and_takes_no_rows_is_not_ready",
    )),
    Row(23, "the ledger gone, locked, read-only, newer", (
        "forwarder/test_outage.py::test_a_killed_ledger_means_503_and_once_it_is_back_the_same_request_is_taken",
        f"{DEADLINE}test_while_all_tables_are_locked_every_request_is_answered_in_time",
        f"{DEADLINE}test_while_postgresql_is_stopped_every_request_is_answered_in_time",
        f"{DEADLINE}test_a_ledger_restarted_under_load_is_said_in_one_line",
        "cli/test_up.py::test_a_setting_that_leads_nowhere_is_one_sentence",
    )),
    Row(25, "SIGTERM under load, once and twice", (
        f"{CLIENTS}test_a_redirector_told_to_stop_answers_all_it_has_accepted_and_exits_with_0",
        f"{CRASHES}test_a_stop_during_load_loses_nothing_and_ends_in_time",
        f"{PROCESSES}test_a_second_signal_while_it_stops_does_no_harm",
        "stack/test_child.py::test_a_child_that_ignores_the_stop_signal_is_killed_when_hurried",
    )),
    Row(26, "a process dies; no descriptors; idle sockets", (
        "stack/test_child.py::test_a_child_that_was_killed_is_started_again",
        f"{PROCESSES}test_a_worker_that_dies_is_replaced",
        f"{CLIENTS}test_idle_and_half_open_connections_do_not_keep_it_from_stopping",
    )),
    Row(27, "an event loop that stands still", ()),
    Row(28, "no DNS, wrong certificates", (
        f"{TIKTOK}test_a_name_that_does_not_resolve_is_no_send",
        f"{TIKTOK}test_nothing_is_ever_sent_over_a_certificate_that_is_not_trusted",
    )),
    Row(30, "keys rotated", (
        "config/test_secrets.py::test_after_a_rotation_the_old_key_still_opens_and_the_new_one_writes",
        "config/test_secrets.py::test_a_key_that_was_taken_off_the_list_opens_nothing_and_the_error_says_what_to_do",
    )),
    Row(31, "faults at random, for long", (
        "faults/test_delivery_state_machine.py::test_whatever_happens_what_was_accepted_ends_once_where_it_should",
    )),
    Row(32, "churn and slow sockets beside honest clicks", (
        f"{CLIENTS}test_honest_clicks_pass_while_others_come_go_and_drip",
        f"{CLIENTS}test_of_1000_clients_that_leave_in_the_middle_none_gets_the_click_of_another",
    )),
    Row(101, "power cut: everything at once", (f"{MACHINE}test_a_short_fault_loses_nothing_and_is_said",)),
    Row(102, "power cut, and the spool's last record torn", (
        "redirector/test_spool.py::test_a_torn_tail_costs_the_torn_record_alone",
    )),
    Row(103, "the whole host's clock jumps by hours", ()),
    Row(104, "the disk under PostgreSQL full", ()),
    Row(105, "a slow disk", ()),
    Row(106, "TikTok's name gone", (f"{TIKTOK}test_a_name_that_does_not_resolve_is_no_send",)),
    Row(107, "TikTok's certificate expired", (
        f"{TIKTOK}test_nothing_is_ever_sent_over_a_certificate_that_is_not_trusted",
    )),
    Row(108, "200 live feeds open at SIGTERM", (
        "console/pages/test_live_page.py::test_the_console_stops_within_five_seconds_with_feeds_open",
    )),
)  # fmt: skip
