"""Changes a ledger behind Bussola's back, as an attacker with the file would: tamper.py DATABASE HOW SEED

HOW is one of
  entry, hash, checkpoint   flips one bit of one value of one row of such a table
  drop, swap                removes an entry from the middle; exchanges the contents of two entries
  cut                       removes the last entries
  name, text                changes a name or an error text
  no-name, no-text          removes one

Prints what was done. Standard library only.
"""
import random
import sqlite3
import sys

# Where each kind of value is. A schema that moves away from these names makes the test fail, not pass.
KINDS = {
    "entry": [("entries", "leaf"), ("entries", "hash")],
    "hash": [("tiles", "hashes"), ("head", "root")],
    "checkpoint": [("checkpoints", "note")],
    "name": [("names", "text"), ("names", "salt")],
    "text": [("blobs", "content")],
}


def columns(db, table):
    return [(row[1], bool(row[5])) for row in db.execute(f"PRAGMA table_info({table})")]


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
    for table, column in KINDS[kind]:
        keys = ", ".join(name for name, is_key in columns(db, table) if is_key)
        choices += [(table, column, keys, row) for row in db.execute(f"SELECT {keys} FROM {table}")]
    table, column, keys, row = chance.choice(choices)
    here = f"({keys}) = ({', '.join('?' * len(row))})"
    (before,) = db.execute(f"SELECT {column} FROM {table} WHERE {here}", row).fetchone()
    after = flip(before, chance)
    assert db.execute(f"UPDATE {table} SET {column} = ? WHERE {here}", (after, *row)).rowcount == 1
    return f"{table}.{column} of row {row}: {before!r:.60} -> {after!r:.60}"


def main():
    path, how, chance = sys.argv[1], sys.argv[2], random.Random(int(sys.argv[3]))
    db = sqlite3.connect(path)
    for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{trigger}"')  # an attacker would
    if how in KINDS:
        said = flip_one(db, how, chance)
    else:
        rows = [row for (row,) in db.execute("SELECT seq FROM entries ORDER BY seq")]
        if how == "drop":
            row = chance.choice(rows[1:-1])
            db.execute("DELETE FROM entries WHERE seq = ?", (row,))
            said = f"dropped entry {row}"
        elif how == "cut":
            row = rows[-chance.randrange(1, 20)]
            db.execute("DELETE FROM entries WHERE seq >= ?", (row,))
            said = f"cut off from entry {row}"
        elif how in ("no-name", "no-text"):
            table = {"no-name": "names", "no-text": "blobs"}[how]
            row = chance.choice([row for (row,) in db.execute(f"SELECT id FROM {table}")])
            db.execute(f"DELETE FROM {table} WHERE id = ?", (row,))
            said = f"dropped row {row} of {table}"
        elif how == "swap":
            at = chance.randrange(len(rows) - 1)
            names = ", ".join(name for name, is_key in columns(db, "entries") if not is_key)
            a, b = (db.execute(f"SELECT {names} FROM entries WHERE seq = ?", (r,)).fetchone() for r in rows[at : at + 2])
            for row, values in ((rows[at], b), (rows[at + 1], a)):
                db.execute(f"UPDATE entries SET ({names}) = ({', '.join('?' * len(values))}) WHERE seq = ?", (*values, row))
            said = f"exchanged entries {rows[at]} and {rows[at + 1]}"
        else:
            raise SystemExit(__doc__)
    db.commit()
    print(said)


if __name__ == "__main__":
    main()
