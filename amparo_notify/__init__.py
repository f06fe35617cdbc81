"""amparo_notify: carries a signed amparo order to the officers on duty, and chases it until one answers."""
