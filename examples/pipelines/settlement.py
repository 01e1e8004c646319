"""Payments: what each acquirer owes us, in one extract."""

import csv
import decimal
import json

import luigi
from porto import DataFile, output

ACQUIRERS = ("norte", "atlantico", "iberia")


class ReadAcquirerFile(luigi.Task):
    """One acquirer's file, checked line by line: money is not guessed."""

    task_namespace = "settlement"
    owner_email = "payments@porto.example"
    date = luigi.DateParameter()
    acquirer = luigi.Parameter()

    def requires(self):
        return DataFile(f"acquirers/{self.acquirer}.csv")

    def output(self):
        return output("settlement", f"{self.acquirer}-{self.date}.json")

    def run(self):
        payments = []
        with self.input().open() as f:
            lines = csv.reader(f)
            header = next(lines)
            for number, line in enumerate(lines, start=2):
                if len(line) != len(header):
                    raise ValueError(f"{self.acquirer}.csv line {number}: {len(line)} fields instead of {len(header)}: {','.join(line)}")
                payments.append(dict(zip(header, line), amount_eur=str(decimal.Decimal(line[2]))))
        with self.output().open("w") as f:
            json.dump(payments, f, indent=1)


class SettlementExtract(luigi.Task):
    """All acquirers of a day. Finance builds on this file."""

    task_namespace = "settlement"
    owner_email = "payments@porto.example"
    date = luigi.DateParameter()

    def requires(self):
        return {acquirer: ReadAcquirerFile(self.date, acquirer) for acquirer in ACQUIRERS}

    def output(self):
        return output("settlement", f"extract-{self.date}.csv")

    def run(self):
        with self.output().open("w") as f:
            f.write("acquirer,payments,amount_eur\n")
            for acquirer, target in sorted(self.input().items()):
                with target.open() as read:
                    payments = json.load(read)
                total = sum(decimal.Decimal(p["amount_eur"]) for p in payments)
                f.write(f"{acquirer},{len(payments)},{total}\n")
