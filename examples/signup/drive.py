"""One person registers while the mail server is away, and is welcomed at last."""

import sys

from stage import Stage, wait_until

stage = Stage()
try:
    stage.start_server()
    stage.mayfly("deploy", "examples/signup")
    address = sys.argv[1] if len(sys.argv) > 1 else "ada@example.com"
    print(f"  the mail server is down\n  register {address} → {stage.register(address)[0]}")
    listed = []
    wait_until(lambda: listed.append(stage.mayfly("events", "ls")) or "waiting" in listed[-1], "the mail waits")
    print("  $ mayfly events ls\n" + "".join(f"  {line}\n" for line in listed[-1].splitlines()))
    stage.start_sink()
    print("  the mail server is back")
    wait_until(lambda: stage.mails("One more step")[0], "the mail has come")
    link = stage.mails("One more step")[1][address]
    print(f"  a mail came; follow its link → {stage.send('GET', link)[0]}")
    wait_until(lambda: stage.mails("Welcome")[0], "the welcome has come")
    print("  welcome came")
    print("  $ mayfly events ls\n" + "".join(f"  {line}\n" for line in stage.mayfly("events", "ls").splitlines()))
finally:
    stage.close()
