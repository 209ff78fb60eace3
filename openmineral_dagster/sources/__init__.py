"""One file per place data comes from: bytes as they landed turned into dated rows, and what could not be used."""
