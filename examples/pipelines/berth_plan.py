"""Logistics: tomorrow's ships, and where each may lie."""

import csv
import json

import luigi
from porto import DataFile, output


class PortCalls(luigi.Task):
    """Who arrives, in order of arrival."""

    task_namespace = "berths"
    date = luigi.DateParameter()

    def requires(self):
        return DataFile(f"port-calls/{self.date}.csv")

    def output(self):
        return output("berths", f"calls-{self.date}.json")

    def run(self):
        with self.input().open() as read, self.output().open("w") as f:
            json.dump(sorted(csv.DictReader(read), key=lambda call: call["arrives"]), f, indent=1)


class FreeBerths(luigi.Task):
    task_namespace = "berths"
    date = luigi.DateParameter()

    def requires(self):
        return DataFile("berths.csv")

    def output(self):
        return output("berths", f"free-{self.date}.json")

    def run(self):
        with self.input().open() as read, self.output().open("w") as f:
            json.dump(list(csv.DictReader(read)), f, indent=1)


class AssignBerths(luigi.Task):
    """The shortest berth that is long enough, first come first served."""

    task_namespace = "berths"
    date = luigi.DateParameter()

    def requires(self):
        return {"calls": PortCalls(self.date), "free": FreeBerths(self.date)}

    def output(self):
        return output("berths", f"plan-{self.date}.csv")

    def run(self):
        with self.input()["calls"].open() as f:
            calls = json.load(f)
        with self.input()["free"].open() as f:
            free = sorted(json.load(f), key=lambda berth: int(berth["length_m"]))
        with self.output().open("w") as f:
            f.write("ship,arrives,berth\n")
            for done, call in enumerate(calls, start=1):
                berth = next((b for b in free if int(b["length_m"]) >= int(call["length_m"])), None)
                if berth:
                    free.remove(berth)
                f.write(f"{call['ship']},{call['arrives']},{berth['berth'] if berth else 'anchorage'}\n")
                self.set_progress_percentage(100 * done // len(calls))


class TellTerminal(luigi.Task):
    """One sheet per terminal: the first letter of a berth."""

    task_namespace = "berths"
    date = luigi.DateParameter()
    terminal = luigi.Parameter()

    def requires(self):
        return AssignBerths(self.date)

    def output(self):
        return output("berths", f"terminal-{self.terminal}-{self.date}.txt")

    def run(self):
        with self.input().open() as read, self.output().open("w") as f:
            for row in csv.DictReader(read):
                if row["berth"].startswith(self.terminal):
                    f.write(f"{row['arrives']} {row['ship']} at {row['berth']}\n")


class BerthPlan(luigi.WrapperTask):
    """Both terminals know."""

    task_namespace = "berths"
    date = luigi.DateParameter()

    def requires(self):
        return [TellTerminal(self.date, terminal) for terminal in "AB"]
