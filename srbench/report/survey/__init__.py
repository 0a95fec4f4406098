"""What is said of a survey while it is planned and while it runs."""
