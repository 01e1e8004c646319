"""Finance: the revenue of a day, for the board."""

import csv
import decimal

import luigi
from porto import DataFile, output
from settlement import SettlementExtract


class BookedRevenue(luigi.Task):
    """What the general ledger says."""

    task_namespace = "report"
    owner_email = "finance-systems@porto.example"
    date = luigi.DateParameter()

    def requires(self):
        return DataFile(f"ledgerbook-{self.date}.csv")

    def output(self):
        return output("report", f"booked-{self.date}.txt")

    def run(self):
        with self.input().open() as read, self.output().open("w") as f:
            f.write(str(sum(decimal.Decimal(row["amount_eur"]) for row in csv.DictReader(read))))


class CurrencyRates(luigi.Task):
    task_namespace = "report"
    owner_email = "finance-systems@porto.example"
    date = luigi.DateParameter()

    def requires(self):
        return DataFile(f"rates/{self.date}.csv")

    def output(self):
        return output("report", f"rates-{self.date}.txt")

    def run(self):
        with self.input().open() as read, self.output().open("w") as f:
            for row in csv.DictReader(read):
                f.write(f"{row['currency']} {decimal.Decimal(row['per_eur'])}\n")


class Reconcile(luigi.Task):
    """What we booked against what the acquirers say they owe: needs the payments team's extract."""

    task_namespace = "report"
    owner_email = "finance-systems@porto.example"
    date = luigi.DateParameter()

    def requires(self):
        return {"booked": BookedRevenue(self.date), "settled": SettlementExtract(self.date)}

    def output(self):
        return output("report", f"reconciled-{self.date}.txt")

    def run(self):
        with self.input()["booked"].open() as f:
            booked = decimal.Decimal(f.read())
        with self.input()["settled"].open() as f:
            settled = sum(decimal.Decimal(row["amount_eur"]) for row in csv.DictReader(f))
        with self.output().open("w") as f:
            f.write(f"booked {booked}\nsettled by card {settled}\nby transfer {booked - settled}\n")


class DailyReport(luigi.Task):
    """On the board's desk at seven."""

    task_namespace = "report"
    owner_email = "finance-systems@porto.example"
    date = luigi.DateParameter()

    def requires(self):
        return [Reconcile(self.date), CurrencyRates(self.date)]

    def output(self):
        return output("report", f"daily-report-{self.date}.md")

    def run(self):
        with self.output().open("w") as f:
            f.write(f"# Revenue of {self.date}\n\n")
            for target in self.input():
                with target.open() as read:
                    f.writelines(f"- {line}" for line in read)
