"""What is timed; ``benchmarks/README.md`` has the figures and the machine."""
