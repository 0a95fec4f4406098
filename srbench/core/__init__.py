"""What everything stands on: images and resampling, files and paths, downloads, checked settings, timing."""
