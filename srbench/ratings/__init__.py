"""Human ratings: from single votes to figures, tests and a report that a subjective test can be published with."""
