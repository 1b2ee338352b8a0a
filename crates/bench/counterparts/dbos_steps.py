"""Steps that do nothing, by DBOS: so many workflows side by side, and one alone.

Usage: dbos_steps.py WORKFLOWS STEPS FOLDER [--postgres]

Prints one line of JSON. SQLite is told to sync every commit; PostgreSQL does so by itself and is a server of our own.
"""

import asyncio
import json
import os
import pathlib
import subprocess
import sys
import time

import sqlalchemy
from dbos import DBOS

ALONE = 200


@sqlalchemy.event.listens_for(sqlalchemy.Engine, "connect")
def sync_every_commit(connection, _):
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA synchronous = FULL")


@DBOS.step()
async def nothing(number: int) -> int:
    return number


@DBOS.workflow()
async def work(steps: int) -> None:
    for number in range(steps):
        await nothing(number)


async def rate(workflows: int, steps: int) -> float:
    begun = time.perf_counter()
    handles = [await DBOS.start_workflow_async(work, steps) for _ in range(workflows)]
    for handle in handles:
        await handle.get_result()
    return workflows * steps / (time.perf_counter() - begun)


class Postgres:
    """A server in a folder, on a socket."""

    def __init__(self, folder: pathlib.Path):
        self.bin = pathlib.Path(subprocess.check_output(["scripts/postgres"], text=True).strip())
        self.folder = folder / "data"
        self.user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
        if self.user:
            subprocess.run(["chown", "nobody:nogroup", str(folder)], check=True)
        quiet = {"stdout": subprocess.DEVNULL, "check": True}
        subprocess.run([*self.user, self.bin / "initdb", "-D", self.folder, "-U", "reeve", "-A", "trust"], **quiet)
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=100"
        subprocess.run(
            [*self.user, self.bin / "pg_ctl", "-w", "-D", self.folder, "-l", folder / "log", "-o", options, "start"],
            **quiet,
        )
        self.url = f"postgresql://reeve@/postgres?host={folder}"

    def stop(self) -> None:
        subprocess.run([*self.user, self.bin / "pg_ctl", "-D", self.folder, "-m", "immediate", "stop"], check=False,
                       stdout=subprocess.DEVNULL)


async def main(workflows: int, steps: int) -> None:
    await rate(1, 1)
    many = await rate(workflows, steps)
    alone = await rate(1, ALONE)
    print(json.dumps({"many": many, "alone": alone, "syncs": None}))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[3])
    postgres = Postgres(folder) if "--postgres" in sys.argv else None
    url = postgres.url if postgres else f"sqlite:///{folder}/steps.sqlite"
    DBOS(config={
        "name": "steps",
        "system_database_url": url,
        "run_admin_server": False,
        "log_level": "ERROR",
    })
    DBOS.launch()
    try:
        asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
    finally:
        DBOS.destroy()
        if postgres:
            postgres.stop()
