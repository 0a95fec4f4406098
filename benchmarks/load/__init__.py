"""Put a served study under load: many raters at once, on this machine, and count what the database kept of their votes.

    python -m benchmarks.load --raters 200 --minutes 5 [--kill] [--method acr] [--database URL] [--out FOLDER]

It makes a study in a temporary folder, serves it by `srbench survey serve`, and drives it over HTTP from this process:
every rater walks from the invitation to the trials by the forms of the pages and then answers every two seconds. The
schedule is fixed beforehand: who is late because the server was slow does not ask for less. Pictures are fetched as by
a browser, the next one while the present one is looked at, each once.

With --kill the server is killed (SIGKILL) in the middle and started again a second later. That tests the process, not
the power supply: what the kernel has taken is on the disk in the end.

The exit code is 1 if votes are wrong: an acknowledged answer is missing, changed, doubled or asked again, one was never
acknowledged, or one is stored that nobody sent. It is 2 if nothing could be measured. CPU times come from /proc: Linux.
"""
