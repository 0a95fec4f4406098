"""Everything of reports/survey by one command: load, kills and troubles of a served study, and the other benchmarks.

    nice -n 19 python -m benchmarks.survey --out reports/survey [--parts load,kills,...]

- `load`: for each method 24 raters at once who answer every two seconds; times of answers and pages.
- `kills`: the serving process is killed (SIGKILL) 200 times while it takes answers, and 40 times on PostgreSQL.
- `troubles`: a lock that another process holds, a full disk, a clock that jumps, PostgreSQL that stops and comes back.
- `pairs`, `triplets`, `walkthrough`: the benchmarks of the same names, at their usual sizes.

Whatever is measured, every answer is compared in the end: what a server acknowledged must be stored, once, as it was
sent. Each part writes JSON of its own, so that parts can be measured one by one; README.md is made of all of them.
Needs Linux; for the disk root (a tmpfs is mounted), for the clock libfaketime, and Debian's PostgreSQL. What a machine
cannot do is named in the report.
"""
