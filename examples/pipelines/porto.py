"""Where the pipelines of Porto Freight read and write."""

import os
import pathlib

import luigi

DATA = pathlib.Path(__file__).parent.parent / "data"


def output(*parts):
    """A file under the folder that PORTO_OUTPUT names. Luigi writes it at once or not at all."""
    return luigi.LocalTarget(os.path.join(os.environ["PORTO_OUTPUT"], *parts))


class DataFile(luigi.ExternalTask):
    """A file that someone else puts there."""

    task_namespace = "porto"
    name = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(str(DATA / self.name))
