"""What a session of `srbench throughput` says, as tables, pages and figures. Nothing here loads torch."""
