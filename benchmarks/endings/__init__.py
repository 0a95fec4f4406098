"""Every ending of a study, in Chromium and Firefox, by what the guide says alone.

`python -m benchmarks.endings --out reports/survey` makes a pair study for a panel, served over HTTP at this machine's
address in its network, and a study of boosted triplets behind nginx with HTTPS. In both browsers people come with
ids of the panel and end in each way: completed, screened out, over quota, refused, closed. What a page shows at the
end, what the lab's tables say and what `srbench survey reconcile` says of the panel's list must agree, and the package
must give the same report in another folder. `--srbench PROGRAM` tries an installed one.
"""
