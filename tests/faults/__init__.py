"""The proof that the suite catches what breaks: faults, and a bench that tries each of them."""
