#!/usr/bin/env python3
"""Opens the page in headless Chromium and checks what it shows of the sample runs.

    check-page.py PROGRAM RUNS [SCREENSHOT]

starts PROGRAM on a free port, and speaks the DevTools protocol with Chromium over a pipe.
"""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

LIMIT = 60  # seconds, for everything


class Chromium:
    """A headless browser with one page."""

    def __init__(self, profile):
        to_read, self.commands = os.pipe()
        answers, to_write = os.pipe()
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run"]
        # Chromium reads commands from descriptor 3 and writes answers to 4.
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "-", "chromium"]
            + arguments + ["--window-size=1200,1000", f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_read, to_write), stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self.answers = os.fdopen(answers, "rb")
        self.session = None
        self.count = 0
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def message(self):
        data = b""
        while not data.endswith(b"\0"):
            byte = self.answers.read(1)
            if not byte:
                sys.exit("chromium has ended")
            data += byte
        return json.loads(data[:-1])

    def call(self, method, **parameters):
        self.count += 1
        command = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.count:
                if "error" in message:
                    sys.exit(f"{method}: {message['error']}")
                return message["result"]

    def open(self, url):
        self.call("Page.navigate", url=url)
        while self.message().get("method") != "Page.loadEventFired":
            pass

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            sys.exit(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, condition):
        """Waits until the document is so that the condition holds."""
        self.evaluate(
            "new Promise(resolve => {"
            f" const check = () => {{ if ({condition}) resolve(true); }};"
            " new MutationObserver(check).observe(document,"
            " {subtree: true, childList: true, characterData: true, attributes: true});"
            " check(); })"
        )
        print("ok:", condition)


def check(browser, url, screenshot):
    browser.open(url)
    browser.wait("$('state').textContent === 'connected'")
    browser.wait("document.querySelectorAll('.row.complete').length >= 6")
    if screenshot:
        image = browser.call("Page.captureScreenshot", format="png")["data"]
        with open(screenshot, "wb") as file:
            file.write(base64.b64decode(image))
    browser.wait("/^succeeded, 1041 tokens$/.test(document.querySelector('#run-r1041 .state')?.textContent)")
    browser.wait("document.querySelectorAll('.board .bar').length === 10")
    browser.wait("Number($('received').textContent) > 3000")
    browser.wait("document.querySelectorAll('#log > div').length === 12")
    browser.evaluate("source.dispatchEvent(new MessageEvent('dropped', {data: '5'}))")
    browser.wait("$('dropped').textContent === '5' && getComputedStyle($('dropped')).color === 'rgb(194, 59, 59)'")

    browser.open(url + "?pattern=graph.run.r1042.%3E")
    browser.wait("document.querySelector('#run-r1042 .state')?.textContent.startsWith('succeeded')")
    browser.wait("document.querySelectorAll('section').length === 2")

    browser.open(url + "?pattern=a..b")
    browser.wait("$('state').textContent === 'this is no pattern'")


def main():
    program, runs, *screenshot = sys.argv[1:]
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"not done within {LIMIT} seconds"))
    signal.alarm(LIMIT)
    server = subprocess.Popen(
        [program, "--file", runs, "--port", "0", "--speed", "10"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True,
    )
    browser = None
    try:
        address = next(filter(None, (re.search(r"127\.0\.0\.1:\d+", line) for line in server.stderr))).group()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            browser = Chromium(profile)
            try:
                check(browser, f"http://{address}/", screenshot[0] if screenshot else None)
            finally:
                browser.process.terminate()
                browser.process.wait()
    finally:
        server.terminate()
        server.wait()


main()
