"""The interoperability suite: vectors, traces and live pairs, for any driver of interop/DRIVER.md."""
