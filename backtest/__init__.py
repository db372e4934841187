"""`signalpost match backtest`: the production matcher over recorded clicks and installs, with the files' clock."""
