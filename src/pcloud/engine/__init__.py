"""The whole node as functions: intake, order, gatekeeper, decide, fold (spec 05, 06). No IO."""
