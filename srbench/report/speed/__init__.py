"""What a session of `srbench throughput` says, as tables, pages and plots. Nothing here loads torch."""
