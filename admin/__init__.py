"""What an operator does, whoever asks for it: one module per noun, each act a function with typed arguments."""
