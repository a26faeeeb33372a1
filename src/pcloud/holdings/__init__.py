"""Where a holder keeps sealed volumes of others: adapters of layer 5."""
