"""Schema versions, applied by `headcat db upgrade`."""
