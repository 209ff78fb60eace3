"""The Dagster page in a real browser: the graph by stage, the runs made in the terminal, and a night launched by hand."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from openmineral_dagster_tests.acceptance.browsers import chromium

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]

STAGES = ("compliance", "deals", "features", "forecasts", "market", "memos", "ops", "risk")
NIGHTLY = "/locations/openmineral_dagster.definitions/jobs/nightly"


@pytest.fixture(scope="module")
def address(sample_night):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "openmineral_dagster.cli", "ui", "--data-root", str(sample_night.path), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield ready(f"http://127.0.0.1:{port}", server)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def ready(url, server):
    for _ in range(120):
        assert server.poll() is None, "the server stopped"
        try:
            with urllib.request.urlopen(f"{url}/server_info", timeout=2):
                return url
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.5)
    pytest.fail("the server did not answer within a minute")


@pytest.fixture(scope="module")
def page(address):
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 1500, "height": 950})


def test_assets_are_grouped_by_stage(page, address):
    page.goto(f"{address}/asset-groups")
    for stage in STAGES:
        page.get_by_text(stage, exact=True).first.wait_for(timeout=60_000)


def test_the_run_started_from_the_terminal_is_there(page, address):
    page.goto(f"{address}/runs")
    page.get_by_text("partition: 2026-11-20").first.wait_for(timeout=60_000)
    page.get_by_text("Success").first.wait_for(timeout=60_000)


def test_what_starts_runs_is_there_and_off(page, address):
    page.goto(f"{address}/automation")
    for name in ("nightly_schedule", "landing_sensor"):
        page.get_by_text(name).first.wait_for(timeout=60_000)
    page.wait_for_timeout(1000)
    assert page.locator("input[type=checkbox]:checked").count() == 3, "only what looks after runs, and the deal inbox, is on"


def test_a_night_launched_in_the_browser_succeeds(page, address):
    page.goto(f"{address}/runs")
    page.get_by_text("Success").first.wait_for(timeout=60_000)
    before = page.get_by_text("Success").count()
    page.goto(address + NIGHTLY)
    page.get_by_role("button", name="Materialize all").click()
    page.get_by_role("button", name="Latest").click()
    page.get_by_role("button", name="Launch").last.click()
    for _ in range(60):
        page.wait_for_timeout(3000)
        page.goto(f"{address}/runs")
        page.get_by_text("partition: 2026-11-20").first.wait_for(timeout=60_000)
        if page.get_by_text("Success").count() > before:
            return
    pytest.fail("the launched night did not succeed within three minutes")
