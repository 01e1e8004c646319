"""Changes a ledger behind Bussola's back, as an attacker with the file would: tamper.py DATABASE HOW SEED

HOW is one of
  entry, hash, checkpoint   flips one bit of one value of one row of such a table
  drop, swap                removes an entry from the middle; exchanges the contents of two entries
  cut                       removes the last entries

Prints what was done. Standard library only.
"""
import random
import re
import sqlite3
import sys

# What the tables of each kind are called. A schema that moves away from these names makes the test fail, not pass.
KINDS = {"entry": r"^(ledger_)?entr(y|ies)$", "hash": r"(hash|node|tile|tree)", "checkpoint": r"checkpoint"}


def tables(db, kind):
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = [n for n in names if re.search(KINDS[kind], n) and db.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0]]
    if not found:
        raise SystemExit(f"no table of kind `{kind}` with rows among {names}")
    return found


def columns(db, table):
    return [(row[1], bool(row[5])) for row in db.execute(f'PRAGMA table_info("{table}")')]


def order_by(db, table):
    """The column that orders a table: its primary key, else its rowid."""
    keys = [name for name, is_key in columns(db, table) if is_key]
    return f'"{keys[0]}"' if keys else "rowid"


def flip(value, chance):
    """The value with one bit changed, of the same type."""
    if isinstance(value, int):
        return value ^ (1 << chance.randrange(8))
    data = bytearray(value.encode() if isinstance(value, str) else value)
    # Text must stay text: bit 0 of an ASCII byte does.
    at = chance.randrange(len(data))
    data[at] ^= 1 if isinstance(value, str) else 1 << chance.randrange(8)
    return data.decode(errors="surrogateescape") if isinstance(value, str) else bytes(data)


def flip_one(db, kind, chance):
    choices = []
    for table in tables(db, kind):
        key = order_by(db, table)
        for column, is_key in columns(db, table):
            if is_key:
                continue  # a changed key is a moved row: `swap` and `drop` are about those
            for (row,) in db.execute(f'SELECT {key} FROM "{table}" WHERE "{column}" IS NOT NULL AND length("{column}") > 0'):
                choices.append((table, key, row, column))
    table, key, row, column = chance.choice(choices)
    (before,) = db.execute(f'SELECT "{column}" FROM "{table}" WHERE {key} = ?', (row,)).fetchone()
    after = flip(before, chance)
    db.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {key} = ?', (after, row))
    return f"{table}.{column} of row {row}: {before!r:.60} -> {after!r:.60}"


def main():
    path, how, chance = sys.argv[1], sys.argv[2], random.Random(int(sys.argv[3]))
    db = sqlite3.connect(path)
    for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{trigger}"')  # an attacker would
    if how in KINDS:
        said = flip_one(db, how, chance)
    else:
        (table,) = tables(db, "entry")
        key = order_by(db, table)
        rows = [row for (row,) in db.execute(f'SELECT {key} FROM "{table}" ORDER BY {key}')]
        if how == "drop":
            row = chance.choice(rows[1:-1])
            db.execute(f'DELETE FROM "{table}" WHERE {key} = ?', (row,))
            said = f"dropped row {row} of {table}"
        elif how == "cut":
            row = rows[-chance.randrange(1, 20)]
            db.execute(f'DELETE FROM "{table}" WHERE {key} >= ?', (row,))
            said = f"cut {table} from row {row}"
        elif how == "swap":
            at = chance.randrange(len(rows) - 1)
            names = [name for name, is_key in columns(db, table) if not is_key]
            listed = ", ".join(f'"{n}"' for n in names)
            a, b = (db.execute(f'SELECT {listed} FROM "{table}" WHERE {key} = ?', (r,)).fetchone() for r in rows[at : at + 2])
            for row, values in ((rows[at], b), (rows[at + 1], a)):
                db.execute(f'UPDATE "{table}" SET ' + ", ".join(f'"{n}" = ?' for n in names) + f" WHERE {key} = ?", (*values, row))
            said = f"swapped rows {rows[at]} and {rows[at + 1]} of {table}"
        else:
            raise SystemExit(__doc__)
    db.commit()
    print(said)


if __name__ == "__main__":
    main()
