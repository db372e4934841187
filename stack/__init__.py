"""What `signalpost up` runs on one machine: engines, processes, their ports and directories."""
