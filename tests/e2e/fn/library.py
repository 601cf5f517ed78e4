"""Uses what the standard library offers for doing several things at once."""

import asyncio
import concurrent.futures
import json
import multiprocessing
import subprocess
import threading


def square(number):
    return number * number


async def later(number):
    await asyncio.sleep(0.001)
    return number


async def several():
    return await asyncio.gather(*(later(n) for n in range(5)))


def handler(event, context):
    seen = []
    threads = [threading.Thread(target=seen.append, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    child = multiprocessing.Process(target=square, args=(3,))
    child.start()
    child.join()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pooled = pool.map(square, range(5))
    with concurrent.futures.ThreadPoolExecutor(3) as executor:
        futures = list(executor.map(square, range(5)))
    shell = subprocess.run(["sh", "-c", "echo out; echo err >&2; exit 3"], capture_output=True, text=True)
    return json.dumps(
        {
            "threads": sorted(seen),
            "child": child.exitcode,
            "pool": pooled,
            "futures": futures,
            "asyncio": asyncio.run(several()),
            "shell": [shell.returncode, shell.stdout, shell.stderr],
        }
    )
