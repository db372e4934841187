"""PostgreSQL: everything that must never be lost, and the queue of what is still to be sent."""
