"""Tests of the bundled sample and of the script that writes it."""
