"""The words every feature uses: message, thread, machine, gate, effects, context (spec 05)."""
