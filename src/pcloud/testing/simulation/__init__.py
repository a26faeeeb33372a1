"""Worlds of whole nodes in simulated weather: real code, virtual time, and one seed for all.

    python -m pcloud.testing.simulation 4711        # run one seed, or replay it
    from pcloud.testing.simulation.running import run; run(4711).violations

The guide is docs/guide/simulator.md.
"""
