"""What an installation is put up with: each file as far as this machine can check it."""
