"""What must hold in every world, whatever its weather: one module each."""
