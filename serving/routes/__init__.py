"""Routes translate: HTTP in, a question to the service, its answer out as HTTP. They decide nothing."""
