"""A pipeline that a test leads by the hand: each task runs until the test says how it ends.

The test writes what a task is to do into a file of the task's name: `done`, `fail`, or a line that it says as its status
message before it goes on waiting. Luigi itself is as it comes.
"""

import pathlib
import time

import luigi

# Between looks at the file: less than what the tests measure.
LOOK_SECONDS = 0.02
# A test that was stopped leaves no worker behind for longer.
HELD_SECONDS_MAX = 120


class Held(luigi.Task):
    task_namespace = "held"
    place = luigi.Parameter(significant=False)
    name = luigi.Parameter()
    accepts_messages = True

    @property
    def owner_email(self):
        return "payments@example.com"

    def path(self, kind):
        return pathlib.Path(self.place) / f"{self.name}.{kind}"

    def output(self):
        return luigi.LocalTarget(str(self.path("output")))

    def run(self):
        said = None
        until = time.monotonic() + HELD_SECONDS_MAX
        while time.monotonic() < until:
            told = self.path("told").read_text().strip() if self.path("told").exists() else ""
            if told == "done":
                self.path("output").write_text("held")
                return
            if told == "fail":
                raise RuntimeError(f"{self.name} was told to fail")
            if not self.scheduler_messages.empty():
                message = self.scheduler_messages.get()
                message.respond(f"heard: {message.content}")
            if told and told != said:
                said = told
                self.set_status_message(told)
                self.set_progress_percentage(42)
            time.sleep(LOOK_SECONDS)
        raise TimeoutError(f"nobody told {self.name} what to do")


class First(Held):
    pass


class Second(Held):
    def requires(self):
        return First(place=self.place, name=f"{self.name}-first")


class Third(Held):
    def requires(self):
        return Second(place=self.place, name=f"{self.name}-second")
