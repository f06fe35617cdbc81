"""The demonstration: invented people, a certificate authority of its own, and signed example orders."""
