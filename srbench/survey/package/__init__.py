"""A study's data as a Data Package: tables with a schema, hashes and a licence, that others can read and analyse."""
