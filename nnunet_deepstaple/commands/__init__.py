"""The ds_* commands: parse, call, print. One module a command."""
