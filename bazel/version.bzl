"""The version that every program of this project says it is."""

VERSION = "0.1.0"
