"""Help the people on call: who is on an incident."""
