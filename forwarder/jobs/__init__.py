"""What a worker does besides sending, on its timetable."""
